//! The one-machine start of `docs/quick-starts.md`, line by line, with the units of `deploy/systemd`: other paths and ports,
//! and a stand-in for systemd that knows what the units ask of it.

use crate::phone::Phone;
use crate::site::{APP, SECRET, Site};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use testkit::{DATABASE_PASSWORD, Mariadb, Redis, free_port, program, run, text};

/// What the units say of settings and secrets, carried out. `%d` and `LoadCredential` are systemd's.
const SYSTEMCTL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
unit() { sed -n "s/^$2=//p" "$ROOT/etc/systemd/system/$1.service"; }
settings() {
  local secrets=$ROOT/run/credentials/$1 file
  mkdir -p "$secrets"
  unit "$1" LoadCredential | while IFS=: read -r name path; do cp "$ROOT$path" "$secrets/$name"; done
  for file in $(unit "$1" EnvironmentFile); do cat "$ROOT${file#-}"; done
  unit "$1" Environment | sed "s#%d#$secrets#"
}
begin() {
  local settings
  mapfile -t settings < <(settings "$1")
  cd "$ROOT/run"
  exec env -i "${settings[@]}" $ROOT$(unit "$1" ExecStart)
}
case $* in
  daemon-reload) ;;
  "start weapp-login-migrate") (begin weapp-login-migrate) ;;
  "enable --now weapp-login")
    for needed in $(unit weapp-login Requires); do (begin "${needed%.service}"); done
    setsid bash -c "$(declare -f); begin weapp-login" </dev/null >"$ROOT/run/log" 2>&1 &
    echo $! >"$ROOT/run/pid"
    ;;
  *) echo "systemctl $* is not foreseen" >&2; exit 1 ;;
esac
"#;

/// What the start left running; ended when dropped.
struct Machine {
    root: TempDir,
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(id) = fs::read_to_string(self.root.path().join("run/pid")) {
            let _ = run(program("kill").args(["-KILL", id.trim()]));
        }
    }
}

/// The shell lines of a section of the document.
fn lines(section: &str) -> String {
    let document = fs::read_to_string("docs/quick-starts.md").unwrap();
    let (_, rest) = document.split_once(&format!("\n## {section}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section.split("\n```sh\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    blocks.collect::<Vec<_>>().join("\n")
}

fn executable(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// What `make dist` would unpack to.
fn archive(folder: &Path) {
    let binary = env!("CARGO_BIN_EXE_weapp-login");
    symlink(binary, folder.join("weapp-login")).unwrap();
    for part in ["deploy", "sql"] {
        symlink(fs::canonicalize(part).unwrap(), folder.join(part)).unwrap();
    }
    fs::create_dir(folder.join("man")).unwrap();
    fs::create_dir(folder.join("completions")).unwrap();
    run(Command::new(binary).arg("man").arg(folder.join("man"))).unwrap();
    let completions = run(Command::new(binary).args(["completions", "bash"])).unwrap();
    fs::write(folder.join("completions/weapp-login.bash"), completions).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_the_one_machine_start_lead_to_a_service_that_signs_people_in() {
    let (database, redis) = (Mariadb::start(), Redis::start());
    let site = Site::without_schema(&[("DATABASE_URL", database.url().as_str()), ("REDIS_URL", &redis.url())]).await;
    let machine = Machine { root: tempfile::tempdir().unwrap() };
    let root = machine.root.path();
    for folder in ["bin", "archive", "run", "usr/bin", "etc"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    archive(&root.join("archive"));
    executable(&root.join("bin/systemctl"), SYSTEMCTL);
    let client = format!(
        "#!/bin/sh\nexec {} --no-defaults --host=127.0.0.1 --port={} --user=weapp --password={DATABASE_PASSWORD} \"$@\"\n",
        text(Path::new(program("mariadb").get_program())),
        database.port()
    );
    executable(&root.join("bin/mariadb"), &client.replace("exec mariadb ", "exec /usr/bin/mariadb "));
    let (phones, internal) = (free_port(), free_port());
    let mut script = lines("One machine, with systemd");
    for (from, to) in [
        ("/etc/", format!("{}/etc/", text(root))),
        (" /usr/", format!(" {}/usr/", text(root))),
        ("127.0.0.1:3306", format!("127.0.0.1:{}", database.port())),
        ("redis://127.0.0.1:6379/0", redis.url()),
        ("127.0.0.1:8081", format!("127.0.0.1:{phones}")),
        ("127.0.0.1:9081", format!("127.0.0.1:{internal}")),
        ("secret-of-the-mini-program", SECRET.to_owned()),
        ("wx0123456789abcdef", format!("{APP}\nWECHAT_BASE_URL={}", site.wechat.base)),
    ] {
        assert!(script.contains(from), "the document says {from} no more");
        script = script.replace(from, &to);
    }

    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", text(&root.join("bin")));
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script]).current_dir(root.join("archive")).env_clear();
    let said = run(shell.env("PATH", path).env("ROOT", root));

    let log = fs::read_to_string(root.join("run/log")).unwrap_or_default();
    let said = said.unwrap_or_else(|error| panic!("{error}\n{log}"));
    assert!(said.contains(r#""status":"ready""#), "{said}\n{log}");
    let base = format!("http://127.0.0.1:{phones}");
    let joined = Phone::of(&site, "alice").join(&base).await;
    let answer = site.get(&base, "/v1/session", joined.text("token")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(site.get(&base, "/metrics", "").await.status, 404);
}
