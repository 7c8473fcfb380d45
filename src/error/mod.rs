//! Every failure that a client can see: its code, its status, what to do about it, and the cause that only the log sees.
//!
//! One row here is one row of the table that clients are written against.

mod api_error;
mod causes;
mod code;
mod told;

pub use api_error::{ApiError, Problem};
pub use code::{Code, Retry};
pub use told::told;
