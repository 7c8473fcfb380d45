//! How much at once, and how often.

use super::parsers::{Parsed, optional, whole};
use super::reader::{Reader, Section};
use super::section::section;

/// More a minute than any limit that means something.
const MAX_PER_MINUTE: u32 = 100_000_000;

section! {
    /// How much at once, and how often.
    pub struct LimitSettings {
        /// requests in progress at once; more are answered with overloaded. A quarter is for session checks alone
        max_in_flight: usize = "MAX_IN_FLIGHT", whole(1, 1_000_000), {
            default: "1024",
            chinese: "同时进行的请求数上限；超出时返回 overloaded。其中四分之一只留给会话检查",
        };
        /// requests among them that ask WeChat at once; a quarter more wait up to 1 s, then overloaded. Default: half of MAX_IN_FLIGHT
        wechat_max_in_flight: usize = "WECHAT_MAX_IN_FLIGHT", wechat_calls, {
            chinese: "其中同时调用微信的上限；另有四分之一最多等 1 秒，再超出则返回 overloaded。默认为 MAX_IN_FLIGHT 的一半",
        };
        /// login and register requests a client address may make; 0 turns it off
        per_address_per_minute: u32 = "RATE_LIMIT_PER_MINUTE", whole(0, MAX_PER_MINUTE), {
            default: "60",
            chinese: "每个客户端地址每分钟的 login 与 register 请求数；0 为不限",
        };
        /// login requests all clients of one mini program may make; 0 turns it off
        per_app_per_minute: u32 = "RATE_LIMIT_PER_APP_PER_MINUTE", whole(0, MAX_PER_MINUTE), {
            default: "0",
            chinese: "一个小程序每分钟的 login 请求总数；0 为不限",
        };
        /// calls to WeChat a replica may make for one mini program; 0 turns it off
        wechat_calls_per_minute: u32 = "WECHAT_MAX_CALLS_PER_MINUTE", whole(0, MAX_PER_MINUTE), {
            default: "300000",
            chinese: "一个副本每分钟为一个小程序调用微信的上限；0 为不限",
        };
    }
}

impl Section for LimitSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut limits = LimitSettings::fields(reader)?;
        if limits.wechat_max_in_flight == UNSET {
            limits.wechat_max_in_flight = limits.max_in_flight.div_ceil(2);
        }
        Some(limits)
    }
}

/// No limit that can be set.
const UNSET: usize = 0;

fn wechat_calls(text: &str) -> Parsed<usize> {
    Ok(optional(whole(1, 1_000_000))(text)?.unwrap_or(UNSET))
}
