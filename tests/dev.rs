//! `weapp-login dev`, as a newcomer runs it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_weapp-login");

/// A running `dev` in a folder of its own; it ends with the test.
struct Dev {
    process: Child,
    said: Vec<String>,
    folder: tempfile::TempDir,
}

impl Dev {
    fn start(settings: &[(&str, &str)]) -> Dev {
        let folder = tempfile::tempdir().unwrap();
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
        Dev { process, said, folder }
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
    let dev = Dev::start(&[]);
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
    assert!(dev.folder.path().join("weapp-login-dev.sqlite3").exists());
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
    let output = Command::new("curl").args(["-s", &format!("{}/readyz", dev.base())]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "{\"status\":\"ready\",\"redis\":\"up\",\"database\":\"up\"}"
    );
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
