//! The checker finds what is planted, and nothing in a history in which nothing went wrong.

use super::check;
use crate::history::{Answer, Bond, Fault, History, Identity, Kind, Operation, Phone, Redis, Seen, Suspension, User};

/// Two people: the first one signs in, uses the session and ends it; the second one only registers.
fn clean() -> History {
    let phone = |group: usize| Phone {
        group,
        bond: Bond::Identity,
        app: "wx0000000000000001".to_owned(),
        openid: format!("openid-{group}"),
    };
    let user = |id| User { id, status: "active".to_owned(), ..User::default() };
    let identity = |user, group: usize| Identity { user, app: phone(group).app, openid: phone(group).openid };
    let mut history = History {
        phones: vec![phone(0), phone(1)],
        users: vec![user(1), user(2)],
        identities: vec![identity(1, 0), identity(2, 1)],
        ..History::default()
    };
    let told = |ticket| Answer { status: 200, ticket: Some(ticket), ..Answer::default() };
    add(&mut history, Kind::Login, 0, 0, told(70));
    let created = add(&mut history, Kind::Register, 0, 100, signed_in(201, 1, 0, 80));
    created.ticket = Some(70);
    add(&mut history, Kind::Session, 0, 200, shown(1, 0)).token = Some(80);
    add(&mut history, Kind::SignOut, 0, 300, status(204)).token = Some(80);
    add(&mut history, Kind::Session, 0, 400, refused(401, "session_invalid")).token = Some(80);
    add(&mut history, Kind::Login, 1, 0, told(71));
    add(&mut history, Kind::Register, 1, 100, signed_in(201, 2, 1, 81)).ticket = Some(71);
    history
}

fn add(history: &mut History, kind: Kind, phone: usize, begin: u64, answer: Answer) -> &mut Operation {
    history.operations.push(Operation { kind, phone, begin, end: begin + 50, token: None, ticket: None, answer });
    history.operations.last_mut().unwrap()
}

fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

fn refused(status: u16, code: &str) -> Answer {
    Answer { status, code: Some(code.to_owned()), ..Answer::default() }
}

fn shown(user: u64, group: usize) -> Answer {
    Answer { status: 200, seen: Some(Seen { user, name: Some(group), ..Seen::default() }), ..Answer::default() }
}

fn signed_in(status: u16, user: u64, group: usize, token: u64) -> Answer {
    Answer { status, token: Some(token), ..shown(user, group) }
}

/// The rules that `history` breaks.
fn broken(history: &History) -> Vec<&'static str> {
    let mut rules: Vec<_> = check(history).violations.into_iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

#[test]
fn a_clean_history_passes() {
    let verdict = check(&clean());

    assert!(verdict.violations.is_empty() && verdict.explained.is_empty(), "{verdict:?}");
}

#[test]
fn a_lost_registration_is_found() {
    let mut history = clean();

    history.users.retain(|user| user.id != 2);
    history.identities.retain(|identity| identity.user != 2);

    assert_eq!(broken(&history), ["an acknowledged registration exists"]);
}

#[test]
fn somebody_known_who_is_asked_to_register_is_found() {
    let mut history = clean();

    add(&mut history, Kind::Login, 1, 900, Answer { status: 200, ticket: Some(79), ..Answer::default() });

    assert_eq!(broken(&history), ["an acknowledged registration exists"]);
}

#[test]
fn somebody_who_left_may_register_again() {
    let mut history = clean();

    add(&mut history, Kind::Erase, 1, 200, status(204)).token = Some(81);
    history.users[1].status = "erased".to_owned();
    add(&mut history, Kind::Login, 1, 300, Answer { status: 200, ticket: Some(79), ..Answer::default() });
    add(&mut history, Kind::Register, 1, 400, signed_in(201, 3, 1, 82)).ticket = Some(79);
    history.users.push(User { id: 3, status: "active".to_owned(), ..User::default() });
    history.identities[1].user = 3;

    assert_eq!(broken(&history), [""; 0]);
}

#[test]
fn a_doubled_registration_is_found() {
    let mut history = clean();

    add(&mut history, Kind::Register, 1, 100, signed_in(201, 2, 1, 82)).ticket = Some(72);

    assert_eq!(broken(&history), ["nobody is registered twice"]);
}

#[test]
fn two_rows_of_one_identity_are_found() {
    let mut history = clean();

    history.users.push(User { id: 3, status: "active".to_owned(), ..User::default() });
    history.identities.insert(0, Identity { user: 3, ..history.identities[1].clone() });

    assert_eq!(broken(&history), ["an identity leads to one living account, and an account has one"]);
}

#[test]
fn a_ticket_used_twice_is_found() {
    let mut history = clean();

    add(&mut history, Kind::Register, 0, 500, signed_in(200, 1, 0, 83)).ticket = Some(70);

    assert_eq!(broken(&history), ["a ticket is spent by success"]);
}

#[test]
fn a_ticket_lost_without_a_cause_is_found_and_one_lost_with_redis_is_counted() {
    let mut history = clean();
    add(&mut history, Kind::Register, 0, 500, refused(503, "storage_unavailable")).ticket = Some(73);
    add(&mut history, Kind::Register, 0, 600, refused(410, "ticket_invalid")).ticket = Some(73);

    let without_cause = broken(&history);
    history.faults.push(Fault { name: String::new(), begin: 450, end: 580, to_redis: Redis::Emptied });
    let verdict = check(&history);

    assert_eq!(without_cause, ["a ticket outlives a store that does not answer"]);
    assert!(verdict.violations.is_empty() && verdict.explained["tickets lost with Redis"] == 1, "{verdict:?}");
}

#[test]
fn foreign_data_are_found() {
    let of = |answer: Answer| {
        let mut history = clean();
        add(&mut history, Kind::Session, 1, 500, answer).token = Some(81);
        broken(&history)
    };
    let openid = Seen { user: 2, openid: Some(0), ..Seen::default() };

    assert_eq!(of(shown(1, 1)), ["nobody sees somebody else"], "the account of another group");
    assert_eq!(of(shown(2, 0)), ["nobody sees somebody else"], "the name of another group");
    assert_eq!(of(Answer { seen: Some(openid), ..status(200) }), ["nobody sees somebody else"], "an openid");
    assert_eq!(of(shown(2, 1)), [""; 0]);
}

#[test]
fn a_revoked_session_that_is_accepted_is_found_unless_a_fail_over_undid_its_end() {
    let mut history = clean();
    add(&mut history, Kind::Session, 0, 5000, shown(1, 0)).token = Some(80);

    let without_cause = broken(&history);
    history.faults.push(Fault { name: String::new(), begin: 1000, end: 4000, to_redis: Redis::FailedOver });
    let verdict = check(&history);

    assert_eq!(without_cause, ["a session that was ended is not accepted"]);
    assert!(verdict.violations.is_empty() && verdict.explained.len() == 1, "{verdict:?}");
}

#[test]
fn a_session_that_outlives_the_end_of_all_is_found() {
    let mut history = clean();

    add(&mut history, Kind::Login, 1, 300, signed_in(200, 2, 1, 84));
    add(&mut history, Kind::SignOutAll, 1, 400, status(204)).token = Some(84);
    add(&mut history, Kind::Session, 1, 500, shown(2, 1)).token = Some(81);

    assert_eq!(broken(&history), ["a session that was ended is not accepted"]);
}

#[test]
fn a_suspension_that_is_ignored_is_found() {
    let mut history = clean();
    history.suspensions.push(Suspension { user: 2, begin: 1000, end: 90_000 });

    add(&mut history, Kind::Session, 1, 60_000, shown(2, 1)).token = Some(81);
    let within_the_minute = broken(&history);
    add(&mut history, Kind::Session, 1, 61_000, shown(2, 1)).token = Some(81);

    assert_eq!(within_the_minute, [""; 0]);
    assert_eq!(broken(&history), ["a suspension reaches logins at once and sessions within a minute"]);
}

#[test]
fn a_login_of_somebody_suspended_is_found() {
    let mut history = clean();
    history.suspensions.push(Suspension { user: 2, begin: 1000, end: 90_000 });

    add(&mut history, Kind::Login, 1, 1100, signed_in(200, 2, 1, 85));

    assert_eq!(broken(&history), ["a suspension reaches logins at once and sessions within a minute"]);
}

#[test]
fn a_500_an_unknown_code_and_a_wrong_form_are_found() {
    let of = |answer: Answer| {
        let mut history = clean();
        add(&mut history, Kind::Me, 1, 500, answer);
        broken(&history)
    };
    let rule = ["an answer is a success or a row of the error table"];

    assert_eq!(of(refused(500, "internal")), rule);
    assert_eq!(of(refused(503, "no_such_code")), rule);
    assert_eq!(of(refused(502, "storage_unavailable")), rule, "the wrong status");
    assert_eq!(of(Answer { malformed: Some("text/html".to_owned()), ..refused(401, "session_invalid") }), rule);
    assert_eq!(of(Answer { gateway: true, ..status(502) }), [""; 0], "the gateway's own");
    assert_eq!(of(Answer { gateway: true, ..status(408) }), [""; 0], "a request that was never read");
}
