//! `users find`: whose account it is.

use super::desk::Desk;
use crate::commands::ending::Ending;
use crate::desk::AccountRow;
use crate::identity::{AppId, OpenId, UnionId};
use crate::store::Sought;
use crate::user::{Phone, UserId};
use anyhow::bail;
use clap::ArgGroup;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

#[derive(clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true))]
pub(super) struct Arguments {
    /// A whole number: E.164, or the eleven digits of a Chinese mobile number
    #[arg(long, group = "what", value_parser = phone)]
    phone: Option<Phone>,
    /// The last digits of a number, four or more; the database reads every number for it
    #[arg(long, group = "what", value_parser = digits)]
    phone_end: Option<String>,
    /// The beginning of a name: as written, in small letters, in capitals, or with a capital first
    #[arg(long, group = "what", value_parser = NonEmptyStringValueParser::new())]
    nickname: Option<String>,
    /// WeChat's id of the person in the mini program that --app names
    #[arg(long, group = "what", requires = "app")]
    openid: Option<OpenId>,
    /// The mini program of --openid
    #[arg(long, requires = "openid")]
    app: Option<AppId>,
    /// WeChat's id of the person everywhere
    #[arg(long, group = "what")]
    unionid: Option<UnionId>,
    /// Rows to look at
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
}

pub(super) async fn run(desk: &Desk, arguments: Arguments) -> anyhow::Result<Ending> {
    let sought = match &arguments {
        Arguments { phone: Some(phone), .. } => Sought::Phone(phone),
        Arguments { phone_end: Some(digits), .. } => Sought::PhoneEnd(digits),
        Arguments { nickname: Some(begin), .. } => Sought::Nickname(begin),
        Arguments { openid: Some(openid), app: Some(app), .. } => Sought::OpenId(app, openid),
        Arguments { unionid: Some(unionid), .. } => Sought::UnionId(unionid),
        _ => bail!("say what to look for: --phone, --phone-end, --nickname, --openid with --app, or --unionid"),
    };
    let (found, _) = desk.find(sought, UserId(0), arguments.limit).await?;
    if desk.json {
        println!("{}", json!(found.iter().map(AccountRow::from).collect::<Vec<_>>()));
    } else {
        for user in &found {
            let phone = user.phone.as_ref().map_or("", |phone| phone.as_str());
            println!(
                "{}  {}  {}  {phone}  since {}",
                user.id,
                user.status.as_str(),
                user.profile.nickname,
                user.created_at
            );
        }
    }
    Ok(if found.is_empty() { Ending::Nobody } else { Ending::Done })
}

fn phone(text: &str) -> Result<Phone, &'static str> {
    let text = text.trim();
    let chinese = text.len() == 11 && text.starts_with('1');
    let phone = if chinese { Phone::in_country("86", text).ok() } else { text.parse().ok() };
    phone.ok_or("it is no E.164 number such as +8613800000000")
}

fn digits(text: &str) -> Result<String, &'static str> {
    let is_end = (4..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_end { Ok(text.to_owned()) } else { Err("it is not four or more digits") }
}
