//! A certificate authority of a test's own, a server's certificate and a client's.

use std::fs;
use tempfile::TempDir;
use testkit::{program, run, text};

pub struct Certificates(TempDir);

impl Certificates {
    pub fn make() -> Certificates {
        let made = Certificates(tempfile::tempdir().unwrap());
        let [ca, ca_key] = ["ca.pem", "ca.key"].map(|name| made.file(name));
        let authority = ["-x509", "-subj", "/CN=authority of a test", "-days", "2", "-out", &ca, "-keyout", &ca_key];
        made.openssl(&[&["req", "-newkey", "rsa:2048", "-nodes"][..], &authority].concat());
        fs::write(made.file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
        for name in ["server", "client"] {
            let [pem, key, request] = ["pem", "key", "csr"].map(|kind| made.file(&format!("{name}.{kind}")));
            let subject = format!("/CN={name} of a test");
            let ask = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject, "-out", &request, "-keyout", &key];
            made.openssl(&ask);
            let names = made.file("names");
            let sign =
                ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial", "-days", "2"];
            made.openssl(&[&sign[..], &["-extfile", &names, "-out", &pem]].concat());
        }
        made
    }

    /// The path of `ca.pem`, `server.pem`, `server.key`, `client.pem` or `client.key`.
    pub fn file(&self, name: &str) -> String {
        text(&self.0.path().join(name))
    }

    fn openssl(&self, arguments: &[&str]) {
        run(program("openssl").args(arguments)).unwrap();
    }
}
