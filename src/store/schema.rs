//! The tables, as `diesel print-schema` writes them. Both databases have the same.

diesel::table! {
    users (id) {
        id -> BigInt,
        unionid -> Nullable<Text>,
        nickname -> Text,
        avatar_url -> Text,
        gender -> SmallInt,
        language -> Text,
        city -> Text,
        province -> Text,
        country -> Text,
        phone -> Nullable<Text>,
        profile_source -> Text,
        status -> Text,
        merged_into -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_login_at -> Nullable<Timestamp>,
        erased_at -> Nullable<Timestamp>,
        status_by -> Nullable<Text>,
        status_reason -> Nullable<Text>,
        last_seen_on -> Nullable<Date>,
        status_noted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    identities (app_id, openid) {
        app_id -> Text,
        openid -> Text,
        user_id -> BigInt,
        created_at -> Timestamp,
        last_login_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    login_events (id) {
        id -> BigInt,
        at -> Timestamp,
        user_id -> Nullable<BigInt>,
        app_id -> Nullable<Text>,
        kind -> Text,
        actor -> Nullable<Text>,
        reason -> Nullable<Text>,
        way -> Nullable<Text>,
        device -> Nullable<Text>,
        client_address -> Nullable<Text>,
    }
}

diesel::table! {
    visits (at, user_id, app_id) {
        at -> Timestamp,
        user_id -> BigInt,
        app_id -> Text,
    }
}

diesel::table! {
    phone_locks (slot) {
        slot -> Integer,
        taken -> BigInt,
    }
}

diesel::joinable!(identities -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, identities, login_events, visits, phone_locks);
