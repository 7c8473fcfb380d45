//! Who may ask how often, counted where every replica sees it; and how often this replica may ask WeChat.

use crate::clock::Clock;
use crate::identity::AppId;
use crate::store::{Allowance, MemoryTokens, Rate, StoreError, TokenStore};
use crate::telemetry::metrics::recorder;
use metrics::{Counter, counter};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Requests a minute; 0 switches a limit off.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// Logins and registrations from one address, and failed introspections from it.
    pub per_address: u32,
    /// Logins into one mini program.
    pub per_app: u32,
    /// Calls of this replica to WeChat for one mini program.
    pub wechat_calls: u32,
}

/// The limits that are switched on.
#[derive(Clone)]
pub struct RateLimits {
    address: Limit,
    app: Limit,
    introspection: Limit,
    introspection_client: Limit,
    failed_operator: Limit,
    operator: Limit,
    wechat: Limit,
}

/// Wrong tokens of operators from one address, and requests of one operator, in a minute.
const FAILED_OPERATORS: u32 = 30;
const OPERATOR_REQUESTS: u32 = 600;

/// Failures of one client id, from wherever, for each that one address may have: enough that no address alone locks a
/// client out.
const ADDRESSES: u32 = 10;

/// How a client stands with a limit, as it is told in every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Name of the limit.
    pub policy: &'static str,
    /// Requests a minute.
    pub quota: u32,
    /// What the limit said.
    pub allowance: Allowance,
}

/// Calls to WeChat are counted here, in the process: the quota is protected whatever fails.
pub fn own_counts(clock: Clock) -> Arc<MemoryTokens> {
    Arc::new(MemoryTokens::new(clock))
}

impl RateLimits {
    /// What clients do is counted in `shared`, what this process does in `own`.
    pub fn new(shared: Arc<dyn TokenStore>, own: Arc<MemoryTokens>, quotas: Quotas) -> RateLimits {
        RateLimits {
            address: Limit::new("address", quotas.per_address, shared.clone()),
            app: Limit::new("app", quotas.per_app, shared.clone()),
            introspection: Limit::new("introspection", quotas.per_address, shared.clone()),
            introspection_client: Limit::new(
                "introspection_client",
                quotas.per_address.saturating_mul(ADDRESSES),
                shared.clone(),
            ),
            failed_operator: Limit::new("failed_operator", FAILED_OPERATORS, shared.clone()),
            operator: Limit::new("operator", OPERATOR_REQUESTS, shared),
            wechat: Limit::new("wechat", quotas.wechat_calls, own),
        }
    }

    /// Counts a login or registration from `address`. Nothing is told when the limit is off or the store does not answer:
    /// a limit that cannot count lets everybody in.
    pub async fn count_address(&self, address: IpAddr) -> Option<Standing> {
        self.address.count(|| format!("rate:address:{}", network(address))).await
    }

    /// Counts a login into the mini program `app`.
    pub async fn count_app(&self, app: &AppId) -> Option<Standing> {
        self.app.count(|| format!("rate:app:{app}")).await
    }

    /// Whether too many introspections failed lately from `address`, or in the name of the configured client `id`. Nothing is
    /// counted. To be asked before a secret is compared: beyond the limit not even the right one is told from the others.
    pub async fn introspection(&self, address: IpAddr, id: Option<&str>) -> Option<Standing> {
        let of_client = async { self.introspection_client.look(&introspection_client(id)?).await };
        let (of_address, of_client) =
            futures_util::future::join(self.introspection.look(&introspection(address)), of_client).await;
        [of_address, of_client].into_iter().flatten().max_by_key(|standing| standing.allowance.wait)
    }

    /// Counts an introspection from `address` whose client id or secret is wrong, and in the name of the client `id` if
    /// that is a configured one.
    pub async fn count_failed_introspection(&self, address: IpAddr, id: Option<&str>) -> Option<Standing> {
        let of_client = async {
            let Some(key) = introspection_client(id) else { return };
            self.introspection_client.count(|| key).await;
        };
        futures_util::future::join(self.introspection.count(|| introspection(address)), of_client).await.0
    }

    /// Whether too many wrong tokens of operators came from `address` lately. Nothing is counted.
    pub async fn failed_operator(&self, address: IpAddr) -> Option<Standing> {
        self.failed_operator.look(&failed_operator(address)).await
    }

    /// Counts a wrong token of an operator.
    pub async fn count_failed_operator(&self, address: IpAddr) -> Option<Standing> {
        self.failed_operator.count(|| failed_operator(address)).await
    }

    /// Counts a request of the operator `name`.
    pub async fn count_operator(&self, name: &str) -> Option<Standing> {
        self.operator.count(|| format!("rate:operator:{name}")).await
    }

    /// Counts a call of this replica to WeChat for `app`.
    pub async fn count_wechat_call(&self, app: &AppId) -> Option<Standing> {
        self.wechat.count(|| app.to_string()).await
    }
}

#[derive(Clone)]
struct Limit {
    policy: &'static str,
    quota: u32,
    store: Arc<dyn TokenStore>,
    allowed: Counter,
    refused: Counter,
    not_counted: Counter,
}

impl Limit {
    fn new(policy: &'static str, quota: u32, store: Arc<dyn TokenStore>) -> Limit {
        recorder();
        let of = |outcome| counter!("weapp_login_rate_limits_total", "limit" => policy, "outcome" => outcome);
        Limit { policy, quota, store, allowed: of("allowed"), refused: of("refused"), not_counted: of("not_counted") }
    }

    async fn count(&self, key: impl FnOnce() -> String) -> Option<Standing> {
        if self.quota == 0 {
            return None;
        }
        let allowance = self.told(self.store.spend(&key(), self.rate()).await)?;
        let outcome = if allowance.wait.is_some() { &self.refused } else { &self.allowed };
        outcome.increment(1);
        Some(Standing { policy: self.policy, quota: self.quota, allowance })
    }

    /// How somebody stands, without counting them; one who is beyond it is counted as refused.
    async fn look(&self, key: &str) -> Option<Standing> {
        if self.quota == 0 {
            return None;
        }
        let allowance = self.told(self.store.look(key, self.rate()).await)?;
        if allowance.wait.is_some() {
            self.refused.increment(1);
        }
        Some(Standing { policy: self.policy, quota: self.quota, allowance })
    }

    fn rate(&self) -> Rate {
        Rate { burst: self.quota, interval: Duration::from_secs(60) / self.quota }
    }

    /// What the store said; nothing when it did not answer.
    fn told(&self, answer: Result<Allowance, StoreError>) -> Option<Allowance> {
        match answer {
            Ok(allowance) => Some(allowance),
            Err(error) => {
                self.not_counted.increment(1);
                tracing::warn!(
                    limit = self.policy,
                    error = &error as &dyn std::error::Error,
                    "the rate limit cannot count and lets everybody in"
                );
                None
            }
        }
    }
}

fn failed_operator(address: IpAddr) -> String {
    format!("rate:failed-operator:{}", network(address))
}

fn introspection(address: IpAddr) -> String {
    format!("rate:introspection:{}", network(address))
}

fn introspection_client(id: Option<&str>) -> Option<String> {
    id.map(|id| format!("rate:introspection-client:{id}"))
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
