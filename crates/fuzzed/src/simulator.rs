//! Requests to the simulated WeChat: its servers, its phones and its levers.

use crate::server::Client;
use std::sync::{Arc, LazyLock, Mutex};
use wechat_simulator::{Options, SimulatedApp, Simulator};

#[expect(clippy::disallowed_methods, reason = "the clock of the one simulator that is fuzzed")]
static SIMULATOR: LazyLock<Mutex<Client>> = LazyLock::new(|| {
    let apps = vec![SimulatedApp::new("wx0123456789abcdef", "secret-of-the-fuzzed-app")];
    let simulator = Simulator::new(Options { apps, ..Options::default() }, Arc::new(chrono::Utc::now));
    Mutex::new(Client::of(move |listener| simulator.serve(listener).expect("a listener that can be used")))
});

/// Where a request can go; `*` stands for the first line. Faults are left out: they are asked for to be met.
const ENDPOINTS: [&str; 19] = [
    "GET /sns/jscode2session?*",
    "GET /cgi-bin/token?*",
    "POST /cgi-bin/stable_token",
    "GET /wxa/checksession?*",
    "POST /wxa/resetusersessionkey?*",
    "POST /wxa/business/getuserphonenumber?*",
    "POST /wxa/business/checkencryptedmsg?*",
    "POST /wxa/msg_sec_check?*",
    "POST /wx/*/login",
    "POST /wx/*/getUserInfo",
    "POST /wx/*/getPhoneNumber",
    "POST /wx/alice/*",
    "PUT /control/people/*",
    "POST /control/people/*/expire-session-key",
    "POST /control/people/*/prefetch",
    "PUT /control/apps/wx0123456789abcdef",
    "PUT /control/options",
    "PUT /control/checks",
    "POST /control/clock",
];

/// The first byte says where the request goes, the first line fills its address, the rest is the body.
///
/// # Panics
/// The answer is a 5xx, or there is none.
pub fn simulator(input: &[u8]) {
    let Some((&endpoint, rest)) = input.split_first() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (line, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let endpoint = ENDPOINTS[usize::from(endpoint) % ENDPOINTS.len()];
    let safe = |byte: &u8| match byte {
        b'=' | b'&' | b'%' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(*byte).to_string(),
        other => format!("%{other:02x}"),
    };
    let target = endpoint.replace('*', &line.iter().take(1000).map(safe).collect::<String>());
    let mut client = SIMULATOR.lock().expect("nothing panics while it asks");
    let status = client.status(&format!("{target} HTTP/1.1\r\n"), body);
    assert!(status < 500, "{status} from {target}");
    if endpoint.contains("clock") {
        // Time that has run far ahead has nothing more to tell.
        let status = client.status("POST /control/reset HTTP/1.1\r\n", b"");
        assert!(status < 500, "{status} from a reset");
    }
}
