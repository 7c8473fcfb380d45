//! WeChat's servers, as a backend asks them. It must not know the phone: what one signs and the other judges is in `model`.

mod access_tokens;
mod answer;
mod content;
mod encrypted_data;
mod exchange;
mod phone_number;
mod session_keys;

use crate::trouble::strike;
use actix_web::middleware::from_fn;
use actix_web::web;

/// Mounts `/sns`, `/cgi-bin` and `/wxa`.
pub(crate) fn mount(service: &mut web::ServiceConfig) {
    let refused = |wechat: &_, path: &str, errcode| answer::refuse(wechat, path, errcode, None);
    let resource =
        |path: &str| web::resource(path.to_owned()).wrap(from_fn(move |request, next| strike(request, next, refused)));
    service
        .service(resource("/sns/jscode2session").to(exchange::jscode2session))
        .service(resource("/cgi-bin/token").to(access_tokens::token))
        .service(resource("/cgi-bin/stable_token").to(access_tokens::stable_token))
        .service(resource("/wxa/checksession").to(session_keys::check_session))
        .service(resource("/wxa/resetusersessionkey").to(session_keys::reset_user_session_key))
        .service(resource("/wxa/business/getuserphonenumber").to(phone_number::phone_number))
        .service(resource("/wxa/business/checkencryptedmsg").to(encrypted_data::check_encrypted_msg))
        .service(resource("/wxa/msg_sec_check").to(content::msg_sec_check));
}
