//! The database: a MariaDB on a disk of its own, small enough to be filled, where this machine lets us make one.

use mysql_async::Conn;
use mysql_async::prelude::{FromRow, Queryable};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;
use testkit::{Mariadb, program, run, text};

/// Room for the server's own tables and for those of a long run.
const DISK: &str = "size=400m";
const OPTIONS: [&str; 2] = ["--max-connections=200", "--innodb-lock-wait-timeout=5"];

pub struct Tables {
    pub mariadb: Mariadb,
    disk: Disk,
}

/// A folder; where it is a disk of its own, it is unmounted in the end.
struct Disk {
    folder: TempDir,
    own: bool,
}

impl Tables {
    pub fn start() -> Tables {
        let folder = tempfile::tempdir().unwrap();
        let mounted = run(program("mount").args(["-t", "tmpfs", "-o", DISK, "torture"]).arg(folder.path()));
        let disk = Disk { folder, own: mounted.is_ok() };
        let mariadb = Mariadb::at(disk.folder.path().join("data"), &OPTIONS.map(str::to_owned));
        Tables { mariadb, disk }
    }

    /// Makes the user that the replicas sign in as, who has no right that a read-only server would respect less; tells
    /// name and password as an address has them.
    pub async fn service_user(&self) -> String {
        let mut connection = Conn::from_url(self.mariadb.url()).await.unwrap();
        for statement in [
            "CREATE USER 'service'@'%' IDENTIFIED BY 'hush-service'",
            "GRANT ALL PRIVILEGES ON weapp.* TO 'service'@'%'",
        ] {
            connection.query_drop(statement).await.unwrap();
        }
        connection.disconnect().await.unwrap();
        "service:hush-service".to_owned()
    }

    /// Starts a server that ended by itself again; tells what it said at last.
    pub fn revive(&mut self) -> Option<String> {
        let last_words = self.mariadb.ended()?;
        self.mariadb.restart();
        Some(last_words)
    }

    /// Whether there is a disk to be filled.
    pub fn has_disk(&self) -> bool {
        self.disk.own
    }

    /// Writes until nothing more fits.
    pub fn fill(&self) {
        let Ok(mut file) = File::create(self.ballast()) else { return };
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    pub fn make_room(&self) {
        // It is not there where nothing was written.
        let _ = fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.disk.folder.path().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.own {
            // The server, which is a field before this one, is gone by then; a mount that stays is not worth a panic.
            let _ = run(program("umount").arg("--lazy").arg(text(self.folder.path())));
        }
    }
}

/// What a query at `address` finds.
pub async fn rows<T: FromRow + Send + 'static>(address: &str, query: &str) -> Result<Vec<T>, mysql_async::Error> {
    let mut connection = Conn::from_url(address).await?;
    let rows = connection.query(query).await?;
    connection.disconnect().await?;
    Ok(rows)
}

/// Runs a statement at `address`.
pub async fn run_sql(address: &str, statement: &str) -> Result<(), mysql_async::Error> {
    let mut connection = Conn::from_url(address).await?;
    connection.query_drop(statement).await?;
    connection.disconnect().await
}
