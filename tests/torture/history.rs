//! What happened: every request with its answer, every fault, every suspension, and what the database held at the end.
//!
//! Times are milliseconds since the beginning. Tokens and tickets stand here as short hashes.

/// A hash of a token or a ticket.
pub type Hash = u64;

/// What a phone asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Login,
    Register,
    /// With somebody else's ticket and one's own data.
    RegisterStolen,
    Session,
    Me,
    Auth,
    Rename,
    Bind,
    SignOut,
    SignOutAll,
    Erase,
}

impl Kind {
    /// The statuses of success.
    pub fn successes(self) -> &'static [u16] {
        match self {
            Kind::Register | Kind::RegisterStolen => &[200, 201],
            Kind::Auth | Kind::SignOut | Kind::SignOutAll | Kind::Erase => &[204],
            _ => &[200],
        }
    }

    pub fn signs_in(self) -> bool {
        matches!(self, Kind::Login | Kind::Register | Kind::RegisterStolen)
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Operation {
    pub kind: Kind,
    /// Which phone asked.
    pub phone: usize,
    pub begin: u64,
    pub end: u64,
    /// The token that was sent.
    pub token: Option<Hash>,
    /// The ticket that was sent.
    pub ticket: Option<Hash>,
    pub answer: Answer,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0: nobody knows, because there was no answer.
    pub status: u16,
    /// Of a problem.
    pub code: Option<String>,
    /// The gateway spoke, or the HTTP server, not the service.
    pub gateway: bool,
    /// What is wrong with its form, if anything; for a 500, where to look.
    pub malformed: Option<String>,
    /// Whom it shows.
    pub seen: Option<Seen>,
    /// The token that it gave.
    pub token: Option<Hash>,
    /// The ticket that it gave.
    pub ticket: Option<Hash>,
}

/// A person as an answer shows them. Names and numbers say to which group they belong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub user: u64,
    pub name: Option<usize>,
    pub number: Option<usize>,
    /// The first phone with the openid that was told.
    pub openid: Option<usize>,
}

/// A group or a phone that does not exist: what was shown is nobody's here.
pub const NOBODY: usize = usize::MAX;

impl Operation {
    pub fn succeeded(&self) -> bool {
        self.kind.successes().contains(&self.answer.status)
    }

    /// The account that it signed in to.
    pub fn signed_in_to(&self) -> Option<u64> {
        let signed_in = self.kind.signs_in() && self.succeeded() && self.answer.token.is_some();
        self.answer.seen.filter(|_| signed_in).map(|seen| seen.user)
    }
}

/// Who may meet whom on one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// One identity, however many phones.
    Identity,
    /// One unionid in two mini programs.
    Unionid,
    /// Two people without unionids, with one number.
    Number,
}

/// A phone with one mini program open.
#[derive(Debug, Clone)]
pub struct Phone {
    /// Phones of different groups never see the same account.
    pub group: usize,
    pub bond: Bond,
    pub app: String,
    pub openid: String,
}

/// Something that the nemesis did.
#[derive(Debug, Clone)]
pub struct Fault {
    pub name: String,
    pub begin: u64,
    pub end: u64,
    pub to_redis: Redis,
}

/// What a fault may do to what Redis holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redis {
    Untouched,
    /// Commands may be carried out unheard of, or late.
    Unheard,
    /// It forgot everything.
    Emptied,
    /// What it acknowledged in the last moments may be undone.
    FailedOver,
}

/// `UPDATE users SET status='suspended'`, from its acknowledgement until somebody began to take it back.
#[derive(Debug, Clone, Copy)]
pub struct Suspension {
    pub user: u64,
    pub begin: u64,
    pub end: u64,
}

/// A row of `users`.
#[derive(Debug, Clone, Default)]
pub struct User {
    pub id: u64,
    pub unionid: Option<String>,
    pub status: String,
    pub merged_into: Option<u64>,
}

/// A row of `identities`.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user: u64,
    pub app: String,
    pub openid: String,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub phones: Vec<Phone>,
    pub operations: Vec<Operation>,
    pub faults: Vec<Fault>,
    pub suspensions: Vec<Suspension>,
    pub users: Vec<User>,
    pub identities: Vec<Identity>,
}
