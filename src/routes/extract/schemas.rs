//! What the API document says of texts whose form the words of a schema alone do not tell.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Whole groups of four, and bits at zero that stand for nothing: what the decoder takes.
const BASE64: &str = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// What `wx` encrypted.
pub(crate) struct EncryptedData;

impl PartialSchema for EncryptedData {
    fn schema() -> RefOr<Schema> {
        base64(48 * 1024, "What wx encrypted, in base64.")
    }
}

impl ToSchema for EncryptedData {}

/// What the encryption began with.
pub(crate) struct InitialVector;

impl PartialSchema for InitialVector {
    fn schema() -> RefOr<Schema> {
        base64(128, "What the encryption began with, in base64: 16 bytes.")
    }
}

impl ToSchema for InitialVector {}

fn base64(most: usize, meaning: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).content_encoding("base64").pattern(Some(BASE64));
    text.min_length(Some(1)).max_length(Some(most)).description(Some(meaning)).into()
}
