//! `weapp-login dev`, as a newcomer runs it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_weapp-login");

/// A running `dev` in a folder of its own; it ends with the test.
struct Dev {
    process: Child,
    said: Vec<String>,
    folder: Option<tempfile::TempDir>,
}

impl Dev {
    fn start(settings: &[(&str, &str)]) -> Dev {
        Dev::start_in(tempfile::tempdir().unwrap(), settings)
    }

    fn start_in(folder: tempfile::TempDir, settings: &[(&str, &str)]) -> Dev {
        let mut command = Command::new(PROGRAM);
        command.arg("dev").env("LISTEN", "127.0.0.1:0").envs(settings.iter().copied()).current_dir(folder.path());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = vec![];
        for line in lines {
            said.push(line.unwrap());
            if said.last().unwrap().contains("ctrl-c") {
                break;
            }
        }
        Dev { process, said, folder: Some(folder) }
    }

    /// Ends it; the folder stays for another start.
    fn end(mut self) -> tempfile::TempDir {
        self.folder.take().unwrap()
    }

    fn base(&self) -> &str {
        self.said[0].split_whitespace().find(|word| word.starts_with("http://")).unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_printed_lines_register_a_person_and_sign_them_in_again() {
    let first = Dev::start(&[]);
    signs_in(&first);

    let second = Dev::start_in(first.end(), &[]);

    signs_in(&second);
}

fn signs_in(dev: &Dev) {
    let lines: Vec<_> = dev
        .said
        .iter()
        .filter(|line| line.starts_with("  CODE=") || line.starts_with("  TICKET=") || line.starts_with("  curl"))
        .cloned()
        .collect();
    assert_eq!(lines.len(), 3, "{:?}", dev.said);

    let script = format!("{}\n{}", lines.join("\n"), lines[..2].join("\n"));
    let output = Command::new("bash").arg("-c").arg(&script).output().unwrap();

    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(said.matches("registrationRequired").count(), 1, "{script}\n{said}");
    assert_eq!(said.matches("\"status\":\"loggedIn\"").count(), 2, "{script}\n{said}");
    assert!(dev.folder.as_ref().unwrap().path().join("weapp-login-dev.sqlite3").exists());
}

#[test]
fn production_settings_lying_around_do_not_reach_it() {
    let dev = Dev::start(&[
        ("DATABASE_URL", "mysql://nobody:nothing@192.0.2.1/none"),
        ("REDIS_URL", "redis://192.0.2.1"),
        ("WECHAT_BASE_URL", "https://api.weixin.qq.com"),
        ("WECHAT_APP_ID", "wxmine"),
        ("WECHAT_APP_SECRET", "s"),
    ]);

    assert!(dev.said.iter().any(|line| line.contains("wxmine")), "{:?}", dev.said);
    for ignored in ["DATABASE_URL", "REDIS_URL", "WECHAT_BASE_URL"] {
        let line = format!("Not used here: {ignored} from the environment");
        assert!(dev.said.contains(&line), "{:?}", dev.said);
    }
    let output = Command::new("curl").args(["-s", &format!("{}/readyz", dev.base())]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "{\"status\":\"ready\",\"redis\":\"up\",\"database\":\"up\"}"
    );
}

#[test]
fn a_database_that_is_set_for_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "LOG=info\nDATABASE_URL=sqlite://mine.sqlite3\n").unwrap();

    let dev = Dev::start_in(folder, &[]);

    assert!(dev.said.iter().any(|line| line == "Not used here: DATABASE_URL from .env line 2"), "{:?}", dev.said);
    assert!(!dev.folder.as_ref().unwrap().path().join("mine.sqlite3").exists());
}

#[test]
fn whoever_asks_for_the_head_of_a_page_alone_is_told_that_it_is_there() {
    let dev = Dev::start(&[]);

    for path in ["/", "/docs", "/docs/", "/healthz"] {
        let output = Command::new("curl").args(["-sI", &format!("{}{path}", dev.base())]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("HTTP/1.1 200"), "{path}: {said}");
    }
}

#[test]
fn a_page_that_gives_its_own_name_to_this_machine_gets_nothing() {
    let dev = Dev::start(&[]);
    let status = |host: &str, path: &str| {
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &format!("Host: {host}")]);
        let output = command.arg(format!("{}{path}", dev.base())).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    for path in ["/", "/playground/state", "/control/people", "/v1/session", "/docs/"] {
        assert_eq!(status("evil.example", path), "400", "{path}");
    }
    assert_eq!(status("localhost:1234", "/"), "200");
    assert_eq!(status("127.0.0.1", "/playground/state"), "200");
}

#[test]
fn it_serves_this_machine_only() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "nonsense"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(PROGRAM);
        let mut process = command.arg("dev").env("LISTEN", listen).current_dir(folder.path());
        process = process.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();

        assert_eq!(process.wait().unwrap().code(), Some(1), "{listen}");
        assert!(said.contains("LISTEN"), "{listen}: {said}");
    }
}
