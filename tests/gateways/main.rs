//! The gateways of `deploy/`: their files as they are, with other addresses, in front of the real service and of an
//! application that tells what reached it.

#![expect(clippy::disallowed_methods, reason = "a test waits for other programs")]

mod application;
mod gateway;
mod promises;
mod service;

/// What every gateway promises, as one test each.
macro_rules! promises {
    ($gateway:ident, $kind:expr) => {
        mod $gateway {
            use crate::gateway::Kind;
            use crate::promises;

            const KIND: Kind = $kind;

            fn holds(promise: fn(Kind)) {
                if KIND.is_here() {
                    promise(KIND);
                }
            }

            #[test]
            fn somebody_signs_in_through_it_and_is_named_to_the_application() {
                holds(promises::somebody_signs_in_and_is_named);
            }

            #[test]
            fn nothing_a_client_sends_passes_for_our_headers() {
                holds(promises::nothing_a_client_sends_passes_for_our_headers);
            }

            #[test]
            fn a_person_without_unionid_cannot_bring_one() {
                holds(promises::a_person_without_unionid_cannot_bring_one);
            }

            #[test]
            fn without_a_session_the_client_gets_the_services_refusal() {
                holds(promises::without_a_session_the_client_gets_the_services_refusal);
            }

            #[test]
            fn a_revoked_token_opens_nothing_at_once() {
                holds(promises::a_revoked_token_opens_nothing_at_once);
            }

            #[test]
            fn with_the_service_down_nothing_gets_through() {
                holds(promises::with_the_service_down_nothing_gets_through);
            }

            #[test]
            fn what_is_not_for_the_public_is_closed_however_it_is_spelled() {
                holds(promises::what_is_not_for_the_public_is_closed);
            }

            #[test]
            fn a_client_cannot_choose_the_address_it_is_counted_under() {
                holds(promises::a_client_cannot_choose_its_address);
            }

            #[test]
            fn a_client_cannot_choose_the_address_that_is_logged() {
                holds(promises::a_client_cannot_write_its_address_into_the_log);
            }

            #[test]
            fn a_replica_that_is_down_is_not_noticed() {
                holds(promises::a_replica_that_is_down_is_not_noticed);
            }

            #[test]
            fn a_login_that_was_sent_is_never_sent_again() {
                holds(promises::a_login_that_was_sent_is_never_sent_again);
            }
        }
    };
}

promises!(nginx, Kind::Nginx { cache: false });
promises!(haproxy, Kind::Haproxy);
promises!(traefik, Kind::Traefik);
promises!(envoy, Kind::Envoy);
promises!(caddy, Kind::Caddy);

#[test]
fn an_answer_that_nginx_keeps_outlives_the_token_by_seconds_and_belongs_to_it_alone() {
    promises::a_kept_answer_outlives_the_token_by_seconds(gateway::Kind::Nginx { cache: true });
}
