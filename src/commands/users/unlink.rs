//! `users unlink`: an account of its own for an identity that joined the wrong one.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::identity::{AppId, OpenId};
use crate::store::NotUnlinked;
use crate::user::UserId;
use anyhow::{Context, bail};
use serde_json::json;

const SESSIONS_LEFT: &str = "the identity has an account of its own; the sessions opened through it end within 60 s, because ending them at once failed";

pub(super) async fn run(desk: &Desk, id: UserId, app: &AppId, openid: Option<&OpenId>) -> anyhow::Result<Ending> {
    if desk.dry_run {
        let ways = desk.users.identities(id).await?;
        let here = ways.iter().filter(|way| way.app_id == *app).count();
        let words = format!(
            "account {id} has {} ways in, {here} of them in {app}; one would get an account of its own",
            ways.len()
        );
        print::say(desk, &words, &json!({ "id": id.to_string(), "identities": ways.len(), "inApp": here }));
        return Ok(if here == 0 { Ending::Nobody } else { Ending::Done });
    }
    let done = match desk.unlink(id, app, openid, desk.act()).await? {
        Ok(done) => done,
        Err(reason @ (NotUnlinked::NoAccount | NotUnlinked::NoIdentity)) => {
            eprintln!("weapp-login: nothing was taken out of account {id} in {app}: {reason}");
            return Ok(Ending::Nobody);
        }
        Err(reason) => bail!("nothing was taken out of account {id} in {app}: {reason}"),
    };
    let (own, ended) = (done.id, done.ended.context(SESSIONS_LEFT)?);
    let words = format!(
        "account {own} was made for the identity, without phone number and profile\n{ended} sessions in {app} ended"
    );
    print::say(desk, &words, &json!({ "id": id.to_string(), "made": own.to_string(), "sessionsEnded": ended }));
    Ok(Ending::Done)
}
