//! The numbers WeChat refuses with, and the words it says then. Sources: docs/simulator.md, rules 2 to 12.

/// Why WeChat refused, such as 40029.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errcode(pub(crate) i64);

impl Errcode {
    pub(crate) const NO_SUCH_DATA: Errcode = Errcode(1);
    pub(crate) const INVALID_CREDENTIAL: Errcode = Errcode(40001);
    pub(crate) const INVALID_GRANT_TYPE: Errcode = Errcode(40002);
    pub(crate) const INVALID_OPENID: Errcode = Errcode(40003);
    pub(crate) const INVALID_APPID: Errcode = Errcode(40013);
    pub(crate) const INVALID_CODE: Errcode = Errcode(40029);
    pub(crate) const INVALID_ARGUMENTS: Errcode = Errcode(40097);
    pub(crate) const INVALID_SECRET: Errcode = Errcode(40125);
    pub(crate) const INVALID_SCENE: Errcode = Errcode(40129);
    pub(crate) const CODE_USED: Errcode = Errcode(40163);
    pub(crate) const IP_NOT_LISTED: Errcode = Errcode(40164);
    pub(crate) const CODE_BLOCKED: Errcode = Errcode(40226);
    pub(crate) const TOKEN_MISSING: Errcode = Errcode(41001);
    pub(crate) const APPID_MISSING: Errcode = Errcode(41002);
    pub(crate) const SECRET_MISSING: Errcode = Errcode(41004);
    pub(crate) const CODE_MISSING: Errcode = Errcode(41008);
    pub(crate) const TOKEN_EXPIRED: Errcode = Errcode(42001);
    pub(crate) const GET_REQUIRED: Errcode = Errcode(43001);
    pub(crate) const POST_REQUIRED: Errcode = Errcode(43002);
    pub(crate) const OPENID_OF_ANOTHER_APP: Errcode = Errcode(43104);
    pub(crate) const BODY_EMPTY: Errcode = Errcode(44002);
    pub(crate) const DAILY_QUOTA: Errcode = Errcode(45009);
    pub(crate) const MINUTE_QUOTA: Errcode = Errcode(45011);
    pub(crate) const BODY_NOT_JSON: Errcode = Errcode(47001);
    pub(crate) const VISIT_TOO_OLD: Errcode = Errcode(61010);
    pub(crate) const INVALID_SIG_METHOD: Errcode = Errcode(87008);
    pub(crate) const INVALID_SIGNATURE: Errcode = Errcode(87009);

    /// What WeChat writes before the request id. Programs must not compare it.
    pub(crate) fn words(self) -> &'static str {
        match self.0 {
            -1 => "system error",
            1 => "data not exit",
            40001 => "invalid credential, access_token is invalid or not latest",
            40002 => "invalid grant_type",
            40003 => "invalid openid",
            40013 => "invalid appid",
            40029 => "invalid code",
            40097 => "invalid args",
            40125 => "invalid appsecret",
            40129 => "invalid scene",
            40163 => "code been used",
            40164 => "invalid ip, not in whitelist",
            40226 => "code blocked",
            41001 => "access_token missing",
            41002 => "appid missing",
            41004 => "appsecret missing",
            41008 => "missing code",
            42001 => "access_token expired",
            43001 => "require GET method",
            43002 => "require POST method",
            43104 => "appid not match openid",
            44002 => "empty post data",
            45009 => "reach max api daily quota limit",
            45011 => "api minute-quota reach limit, must slower, retry next minute",
            47001 => "data format error",
            48001 => "api unauthorized",
            50002 => "user limited",
            61010 => "code is expired",
            87007 => "session_key is not existd or expired",
            87008 => "invalid sig_method",
            87009 => "invalid signature",
            _ => "system error",
        }
    }
}
