//! What is written to the log, and how.

use super::parsers::Parsed;
use super::reader::{Reader, Section};
use super::section::section;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tracing_subscriber::EnvFilter;

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// An object a line, for machines.
    Json,
    /// For people.
    Pretty,
}

/// How much of a client's address is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddresses {
    /// All of it.
    Whole,
    /// Its network: /24 of IPv4, /48 of IPv6.
    Masked,
    /// Nothing.
    None,
}

impl ClientAddresses {
    /// What is told of `address`.
    #[must_use]
    pub fn told(self, address: IpAddr) -> Option<IpAddr> {
        match (self, address.to_canonical()) {
            (ClientAddresses::Whole, address) => Some(address),
            (ClientAddresses::Masked, IpAddr::V4(address)) => {
                Some(Ipv4Addr::from_bits(address.to_bits() & (!0 << 8)).into())
            }
            (ClientAddresses::Masked, IpAddr::V6(address)) => {
                Some(Ipv6Addr::from_bits(address.to_bits() & (!0 << 80)).into())
            }
            (ClientAddresses::None, _) => None,
        }
    }
}

section! {
    /// The log.
    pub struct LogSettings {
        /// tracing filter, such as info or weapp_login=debug
        filter: String = "LOG", filter, { default: "info", chinese: "tracing 过滤器，如 info 或 weapp_login=debug" };
        /// json or pretty
        format: LogFormat = "LOG_FORMAT", format, { default: "json", chinese: "json 或 pretty" };
        /// what a request's line tells of its client's address: whole, masked (IPv4 to /24, IPv6 to /48) or none
        client_addresses: ClientAddresses = "LOG_CLIENT_ADDRESS", client_addresses, { default: "whole", chinese: "请求日志中的客户端地址：whole 完整，masked 掩码（IPv4 /24，IPv6 /48），none 不记录" };
    }
}

impl Section for LogSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        LogSettings::fields(reader)
    }
}

fn filter(text: &str) -> Parsed<String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is not a filter such as info or weapp_login=debug,info".into()),
    }
}

pub(super) fn client_addresses(text: &str) -> Parsed<ClientAddresses> {
    match text {
        "whole" => Ok(ClientAddresses::Whole),
        "masked" => Ok(ClientAddresses::Masked),
        "none" => Ok(ClientAddresses::None),
        _ => Err("must be whole, masked or none".into()),
    }
}

fn format(text: &str) -> Parsed<LogFormat> {
    match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("must be json or pretty".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_is_its_network() {
        let told =
            |how: ClientAddresses, text: &str| how.told(text.parse().unwrap()).map(|address| address.to_string());

        assert_eq!(told(ClientAddresses::Whole, "::ffff:203.0.113.9").unwrap(), "203.0.113.9");
        assert_eq!(told(ClientAddresses::Masked, "203.0.113.9").unwrap(), "203.0.113.0");
        assert_eq!(told(ClientAddresses::Masked, "2001:db8:1:2:3:4:5:6").unwrap(), "2001:db8:1::");
        assert_eq!(told(ClientAddresses::None, "203.0.113.9"), None);
    }
}
