//! Scripts, which do in one command what must not be interrupted. Each touches the one key that it is given.

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, ToRedisArgs, cmd};
use sha1::{Digest, Sha1};

/// A script and the name that Redis knows it by once it has seen it.
pub(super) struct Script {
    text: &'static str,
    sha1: String,
}

impl Script {
    fn new(text: &'static str) -> Script {
        Script { text, sha1: hex::encode(Sha1::digest(text)) }
    }

    /// Runs the script by name. The server answers `NOSCRIPT` if it has not seen it, or has forgotten it.
    pub(super) fn by_name(&self, key: &str, arguments: impl ToRedisArgs) -> Cmd {
        self.filled("EVALSHA", &self.sha1, key, arguments)
    }

    /// Runs the script and has the server remember it. Unlike `SCRIPT LOAD` it goes where the key lies, also through a
    /// proxy in front of a cluster.
    pub(super) fn by_text(&self, key: &str, arguments: impl ToRedisArgs) -> Cmd {
        self.filled("EVAL", self.text, key, arguments)
    }

    fn filled(&self, name: &str, script: &str, key: &str, arguments: impl ToRedisArgs) -> Cmd {
        let mut command = cmd(name);
        command.arg(script).arg(1).arg(key).arg(arguments);
        command
    }
}

/// The scripts of a connection.
pub(super) struct Scripts {
    /// GCRA: the key holds when the whole burst will be there again, in microseconds of Redis's own clock. Asked with the
    /// interval in microseconds, the burst, and 1 to count or 0 only to look; answers how often at once, microseconds to
    /// the whole burst, and to the next time if this one is refused.
    pub spend: Script,
    /// Counts one more; the first gives the count its milliseconds to live.
    pub count: Script,
    /// Deletes the value if it is the one given.
    pub delete_if: Script,
    /// The value and the milliseconds that remained to it; the key is gone. One command, because transactions are unknown
    /// to the proxies of some clouds and `GETDEL` to servers before 6.2.
    pub take: Script,
}

impl Default for Scripts {
    fn default() -> Scripts {
        Scripts {
            spend: Script::new(
                r"local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = ARGV[1] + 0, ARGV[2] + 0
local full = redis.call('GET', KEYS[1])
full = full and math.max(full + 0, now) or now
local next = full + interval
local left = now + interval * burst - next
if left < 0 then return {0, full - now, -left} end
if ARGV[3] == '1' then
  redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
end
return {math.floor(left / interval), next - now, 0}",
            ),
            count: Script::new(
                r"local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count",
            ),
            delete_if: Script::new(
                r"if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])",
            ),
            take: Script::new(
                r"local value = redis.call('GET', KEYS[1])
if not value then return false end
local life = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
return {life, value}",
            ),
        }
    }
}

/// Whether the server does not know a script by its name: then it has not run.
pub(super) fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
