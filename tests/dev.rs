//! `weapp-login dev`, as a newcomer runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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
        Dev::start_as(&mut Command::new(PROGRAM), folder, settings)
    }

    fn start_as(command: &mut Command, folder: tempfile::TempDir, settings: &[(&str, &str)]) -> Dev {
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

    /// The same with everything that it logs in a file.
    fn start_with_log(settings: &[(&str, &str)]) -> (Dev, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let dev = Dev::start_as(Command::new(PROGRAM).stderr(std::fs::File::create(&log).unwrap()), folder, settings);
        (dev, log)
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

/// As bash reads it from a terminal, where it knows aliases.
#[test]
fn the_readmes_lines_show_and_move_the_people_of_its_file() {
    let dev = Dev::start(&[]);
    signs_in(&dev);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let block = readme.split("```sh\n").find(|block| block.starts_with("sqlite3 ")).unwrap();
    let lines = block.split("```").next().unwrap().replace("cargo run --", PROGRAM).replace("/tmp/", "");

    let script = format!("shopt -s expand_aliases\nset -e\n{lines}");
    let folder = dev.folder.as_ref().unwrap().path();
    let output = Command::new("bash").arg("-c").arg(&script).current_dir(folder).output().unwrap();

    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{script}\n{said}");
    for part in
        ["1|微信用户|", "1 people, 1 lines", "1 people are known and stay as they are", "nickname        微信用户"]
    {
        assert!(said.contains(part), "{part} in\n{said}");
    }
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

/// Asks for `path`; the body is of no interest.
fn ask(dev: &Dev, path: &str) {
    let output = Command::new("curl").args(["-s", &format!("{}{path}", dev.base())]).output().unwrap();
    assert!(output.status.success(), "{path}");
}

/// What stands in the log once it has `mark`.
fn logged(log: &std::path::Path, mark: &str) -> String {
    let read = || std::fs::read_to_string(log).unwrap();
    assert!(testkit::comes_true(Duration::from_secs(5), || read().contains(mark)), "no {mark} in {}", read());
    read()
}

#[test]
fn a_log_in_a_file_has_no_colours() {
    let (dev, log) = Dev::start_with_log(&[]);

    ask(&dev, "/v1/session");

    let log = logged(&log, "/v1/session");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn what_machines_ask_every_few_seconds_is_in_the_log_when_it_is_asked_for() {
    let (usual, usual_log) = Dev::start_with_log(&[]);
    let (whole, whole_log) = Dev::start_with_log(&[("LOG", "weapp_login=debug")]);

    for dev in [&usual, &whole] {
        for path in ["/healthz", "/readyz", "/metrics", "/readyz?require=nothing", "/v1/session"] {
            ask(dev, path);
        }
    }

    let (usual, whole) = (logged(&usual_log, "/v1/session"), logged(&whole_log, "/v1/session"));
    let routes =
        |log: &str| ["/healthz", "/readyz", "/metrics"].map(|route| log.matches(&format!("{route:?}")).count());
    assert_eq!((routes(&usual), routes(&whole)), ([0, 1, 0], [1, 2, 1]), "{usual}\n{whole}");
}

#[test]
fn bytes_that_are_no_http_are_refused_and_are_no_error_in_the_log() {
    let (dev, log) = Dev::start_with_log(&[]);
    let mut stranger = TcpStream::connect(dev.base().trim_start_matches("http://")).unwrap();

    stranger.write_all(b"\x16\x03\x01 hello\r\n\r\n").unwrap();
    let mut answer = String::new();
    stranger.read_to_string(&mut answer).unwrap();

    ask(&dev, "/v1/session");
    let log = logged(&log, "/v1/session");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn a_simulator_without_settings_has_mini_programs_to_try_and_tells_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["simulate", "--listen", "127.0.0.1:0", "--rotation", "on-exchange", "--seed", "1"]);
    let mut simulator = command.current_dir(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines().map(Result::unwrap);
    let base = lines.next().unwrap().rsplit_once(' ').unwrap().1.to_owned();
    let line = lines.find(|line| line.starts_with("  mini program ")).unwrap();
    let (app, secret) = line.trim_start_matches("  mini program ").split_once(", secret ").unwrap();

    let url = format!("{base}/cgi-bin/token?grant_type=client_credential&appid={app}&secret={secret}");
    let answer = Command::new("curl").args(["-s", &url]).output().unwrap();

    simulator.kill().unwrap();
    simulator.wait().unwrap();
    assert!(String::from_utf8(answer.stdout).unwrap().contains("access_token"));
}

#[test]
fn whoever_starts_it_twice_hears_how_to_have_another_port() {
    let first = Dev::start(&[]);
    let folder = tempfile::tempdir().unwrap();

    let listen = first.base().trim_start_matches("http://");
    let second = Command::new(PROGRAM).arg("dev").env("LISTEN", listen).current_dir(folder.path()).output().unwrap();

    let said = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && said.contains("LISTEN="), "{said}");
}
