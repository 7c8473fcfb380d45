//! Who may ask how often, counted where every replica sees it; and how often this replica may ask WeChat.

use crate::clock::Clock;
use crate::identity::AppId;
use crate::store::{Allowance, MemoryTokens, Rate, TokenStore};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The limits that are switched on.
#[derive(Clone)]
pub struct RateLimits {
    shared: Arc<dyn TokenStore>,
    own: Arc<MemoryTokens>,
    per_address: u32,
    per_app: u32,
    to_wechat: u32,
}

/// What a client is told about a limit, asked or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Name of the limit.
    pub policy: &'static str,
    /// Requests a minute.
    pub quota: u32,
    pub allowance: Allowance,
}

impl RateLimits {
    /// Numbers are requests a minute; 0 switches a limit off.
    pub fn new(
        shared: Arc<dyn TokenStore>,
        clock: Clock,
        per_address: u32,
        per_app: u32,
        to_wechat: u32,
    ) -> RateLimits {
        RateLimits { shared, own: Arc::new(MemoryTokens::new(clock)), per_address, per_app, to_wechat }
    }

    /// Counts a login or registration from `address`. Nothing is told when the limit is off or the store does not answer:
    /// a limit that cannot count lets everybody in.
    pub async fn from_address(&self, address: IpAddr) -> Option<Told> {
        self.count(&*self.shared, "address", self.per_address, &format!("rate:address:{}", network(address))).await
    }

    /// Counts a login into the mini program `app`.
    pub async fn into_app(&self, app: &AppId) -> Option<Told> {
        self.count(&*self.shared, "app", self.per_app, &format!("rate:app:{app}")).await
    }

    /// Counts a caller at `address` whose client id or secret is wrong.
    pub async fn failed_introspection(&self, address: IpAddr) -> Option<Told> {
        let key = format!("rate:introspection:{}", network(address));
        self.count(&*self.shared, "introspection", self.per_address, &key).await
    }

    /// Counts a call of this replica to WeChat for `app`. It needs no store, so WeChat's quota is protected whatever fails.
    pub async fn to_wechat(&self, app: &AppId) -> Option<Told> {
        self.count(&*self.own, "wechat", self.to_wechat, app.as_str()).await
    }

    async fn count(&self, store: &dyn TokenStore, policy: &'static str, quota: u32, key: &str) -> Option<Told> {
        if quota == 0 {
            return None;
        }
        let rate = Rate { burst: quota, interval: Duration::from_secs(60) / quota };
        let outcome = match store.spend(key, rate).await {
            Ok(allowance) => Ok(Told { policy, quota, allowance }),
            Err(error) => {
                tracing::warn!(
                    limit = policy,
                    error = &error as &dyn std::error::Error,
                    "the rate limit cannot count and lets everybody in"
                );
                Err("not_counted")
            }
        };
        let name = match &outcome {
            Ok(told) if told.allowance.wait.is_some() => "refused",
            Ok(_) => "allowed",
            Err(not_counted) => not_counted,
        };
        metrics::counter!("weapp_login_rate_limits_total", "limit" => policy, "outcome" => name).increment(1);
        outcome.ok()
    }
}

/// Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, which one household has.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_64_and_a_mapped_one_is_ipv4() {
        let of = |text: &str| network(text.parse().unwrap());

        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
