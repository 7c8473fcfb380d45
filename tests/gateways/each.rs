//! What every gateway promises, as one test each.

/// The tests of one gateway, in a module of its name.
macro_rules! promises {
    ($gateway:ident, $kind:expr) => {
        mod $gateway {
            use crate::gateway::Kind;
            use crate::promises;

            const KIND: Kind = $kind;

            #[test]
            fn somebody_signs_in_through_it_and_is_named_to_the_application() {
                promises::somebody_signs_in_and_is_named(KIND);
            }

            #[test]
            fn nothing_a_client_sends_passes_for_our_headers() {
                promises::nothing_a_client_sends_passes_for_our_headers(KIND);
            }

            #[test]
            fn a_person_without_unionid_cannot_bring_one() {
                promises::a_person_without_unionid_cannot_bring_one(KIND);
            }

            #[test]
            fn without_a_session_the_client_gets_the_services_refusal() {
                promises::without_a_session_the_client_gets_the_services_refusal(KIND);
            }

            #[test]
            fn a_revoked_token_opens_nothing_at_once() {
                promises::a_revoked_token_opens_nothing_at_once(KIND);
            }

            #[test]
            fn with_the_service_down_nothing_gets_through() {
                promises::with_the_service_down_nothing_gets_through(KIND);
            }

            #[test]
            fn what_is_not_for_the_public_is_closed_however_it_is_spelled() {
                promises::what_is_not_for_the_public_is_closed(KIND);
            }

            #[test]
            fn a_client_cannot_choose_the_address_it_is_counted_under() {
                promises::a_client_cannot_choose_its_address(KIND);
            }

            #[test]
            fn a_client_cannot_choose_the_address_that_is_logged() {
                promises::a_client_cannot_write_its_address_into_the_log(KIND);
            }

            #[test]
            fn a_replica_that_is_down_is_not_noticed() {
                promises::a_replica_that_is_down_is_not_noticed(KIND);
            }

            #[test]
            fn a_login_that_was_sent_is_never_sent_again() {
                promises::a_login_that_was_sent_is_never_sent_again(KIND);
            }
        }
    };
}
