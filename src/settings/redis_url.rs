//! Where Redis is: one server, sentinels that know it, or a cluster, in one line of text.

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::fmt;
use std::path::PathBuf;

/// How the servers belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single,
    /// The primary that the sentinels know as `master`.
    Sentinel {
        /// Its name.
        master: String,
    },
    /// Nodes that share the keys.
    Cluster,
}

/// A checked address, such as `rediss://user:password@host:6379/2`, `redis+sentinel://s1:26379,s2:26379/main` (database:
/// `/main/2`) or `rediss+cluster://n1:6379,n2:6379`. User and password are percent-decoded; a default port may be left out.
#[derive(Clone)]
pub struct RedisUrl {
    /// How the nodes belong together.
    pub topology: Topology,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// Hosts and ports: the server, the sentinels, or some nodes of the cluster.
    pub nodes: Vec<(String, u16)>,
    /// Who we are.
    pub username: Option<String>,
    /// What proves it.
    pub password: Option<SecretString>,
    /// Number of the database; 0 on a cluster.
    pub database: i64,
    /// A private certificate authority, which is no part of the text.
    pub ca_file: Option<PathBuf>,
    /// Our certificate and its key, which are no part of the text.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({:?}, {:?})", self.topology, self.nodes)
    }
}

/// Why a text is no address of Redis. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRedisUrl {
    /// Neither of the forms.
    #[error(
        "must begin with redis://, rediss://, redis+sentinel://, redis+cluster:// (rediss+… for TLS) or be memory:"
    )]
    Scheme,
    /// A server without a name, or with a wrong port.
    #[error("names no server, or one whose port is not a number from 1 to 65535")]
    Node,
    /// More than one server of a single one.
    #[error("one server only; several go with redis+sentinel:// or redis+cluster://")]
    SeveralNodes,
    /// Sentinels of nobody.
    #[error("needs the master's name after the sentinels: redis+sentinel://h1:p1,h2:p2/<master>")]
    Master,
    /// A database that there is not.
    #[error("the database must be a number, and 0 on a cluster")]
    Database,
    /// What cannot be decoded.
    #[error("user and password must be percent-encoded UTF-8")]
    Credentials,
}

impl std::str::FromStr for RedisUrl {
    type Err = BadRedisUrl;

    fn from_str(text: &str) -> Result<Self, BadRedisUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(BadRedisUrl::Scheme)?;
        let (tls, kind) = match scheme.split_once('+').unwrap_or((scheme, "")) {
            ("redis", kind) => (false, kind),
            ("rediss", kind) => (true, kind),
            _ => return Err(BadRedisUrl::Scheme),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (credentials, hosts),
            None => ("", authority),
        };
        let (username, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let default_port = if kind == "sentinel" { 26379 } else { 6379 };
        let nodes = hosts.split(',').map(|node| host_and_port(node, default_port)).collect::<Result<Vec<_>, _>>()?;
        let mut segments = path.trim_end_matches('/').split('/').filter(|segment| !segment.is_empty());
        let topology = match kind {
            "" if nodes.len() > 1 => return Err(BadRedisUrl::SeveralNodes),
            "" => Topology::Single,
            "cluster" => Topology::Cluster,
            "sentinel" => Topology::Sentinel { master: segments.next().ok_or(BadRedisUrl::Master)?.to_owned() },
            _ => return Err(BadRedisUrl::Scheme),
        };
        let database = segments.next().map_or(Ok(0), |db| db.parse().map_err(|_| BadRedisUrl::Database))?;
        if database < 0 || segments.next().is_some() || (topology == Topology::Cluster && database != 0) {
            return Err(BadRedisUrl::Database);
        }
        Ok(RedisUrl {
            topology,
            tls,
            nodes,
            username: decoded(username)?,
            password: decoded(password)?.map(Into::into),
            database,
            ca_file: None,
            client_certificate: None,
        })
    }
}

fn host_and_port(node: &str, default_port: u16) -> Result<(String, u16), BadRedisUrl> {
    let (host, port) = match node.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match node.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (node, None),
        },
    };
    let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| BadRedisUrl::Node))?;
    if host.is_empty() || port == 0 { Err(BadRedisUrl::Node) } else { Ok((host.to_owned(), port)) }
}

/// A `%` that no two hexadecimal digits follow would be taken as it is, and a password be another one than was meant.
fn decoded(text: &str) -> Result<Option<String>, BadRedisUrl> {
    let is_escape = |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if !text.split('%').skip(1).all(is_escape) {
        return Err(BadRedisUrl::Credentials);
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(Some(text.into_owned()).filter(|text| !text.is_empty())),
        Err(_) => Err(BadRedisUrl::Credentials),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_single_server_has_user_password_database_and_tls() {
        let url: RedisUrl = "rediss://app:p%40ss@cache.example:6380/2".parse().unwrap();

        assert_eq!((url.topology, url.tls, url.database), (Topology::Single, true, 2));
        assert_eq!(url.nodes, [("cache.example".to_owned(), 6380)]);
        assert_eq!(url.username.as_deref(), Some("app"));
        assert_eq!(url.password.unwrap().expose_secret(), "p@ss");
    }

    #[test]
    fn sentinels_name_their_master() {
        let url: RedisUrl = "redis+sentinel://:pw@s1,s2:5000/main/1".parse().unwrap();

        assert_eq!(url.topology, Topology::Sentinel { master: "main".into() });
        assert_eq!(url.nodes, [("s1".to_owned(), 26379), ("s2".to_owned(), 5000)]);
        assert_eq!(url.database, 1);
    }

    #[test]
    fn a_cluster_takes_ipv6_and_no_database() {
        let url: RedisUrl = "redis+cluster://[::1]:7000,n2".parse().unwrap();

        assert_eq!(url.nodes, [("::1".to_owned(), 7000), ("n2".to_owned(), 6379)]);
        assert_eq!("redis+cluster://n1/1".parse::<RedisUrl>().unwrap_err(), BadRedisUrl::Database);
    }

    #[test]
    fn what_is_wrong_is_named_without_the_text() {
        for (text, problem) in [
            ("localhost:6379", BadRedisUrl::Scheme),
            ("http://h", BadRedisUrl::Scheme),
            ("redis://", BadRedisUrl::Node),
            ("redis://h:port", BadRedisUrl::Node),
            ("redis://a,b", BadRedisUrl::SeveralNodes),
            ("redis+sentinel://h", BadRedisUrl::Master),
            ("redis://h/x", BadRedisUrl::Database),
            ("redis://u:%zz@h", BadRedisUrl::Credentials),
        ] {
            assert_eq!(text.parse::<RedisUrl>().unwrap_err(), problem, "{text}");
        }
    }
}
