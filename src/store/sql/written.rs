//! A query whose text is written once. Diesel writes a statement's text anew whenever it is asked, only to find by it the
//! statement that is prepared already: of what a known login computes, a twentieth.

use super::Backend;
use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::sql_types::Text;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// The text of a query, cut where something is bound. Filled by the first who asks.
pub(super) struct Written(OnceLock<Vec<String>>);

impl Written {
    /// Not yet written.
    pub(super) const fn new() -> Written {
        Written(OnceLock::new())
    }

    /// The query that `typed` makes, and that the compiler has checked. `texts` are what it binds, in the order of its text.
    pub(super) fn query<'a, Q, const N: usize>(
        &'static self,
        typed: impl FnOnce([&'a str; N]) -> Q,
        texts: [&'a str; N],
    ) -> Bound<'a, Q, N>
    where
        Q: QueryFragment<Backend>,
    {
        let parts = self.0.get_or_init(|| {
            let mut builder = <Backend as diesel::backend::Backend>::QueryBuilder::default();
            typed(texts).to_sql(&mut builder, &Backend::default()).expect("a typed query can be written");
            builder.finish().split('?').map(str::to_owned).collect()
        });
        debug_assert_eq!(parts.len(), N + 1, "a query binds what it is given, and nothing else");
        Bound { parts, texts, typed: PhantomData }
    }
}

/// A [`Written`] query with what it binds.
pub(super) struct Bound<'a, Q, const N: usize> {
    parts: &'static [String],
    texts: [&'a str; N],
    typed: PhantomData<fn() -> Q>,
}

impl<Q, const N: usize> QueryFragment<Backend> for Bound<'_, Q, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        for (part, text) in self.parts.iter().zip(&self.texts) {
            out.push_sql(part);
            out.push_bind_param::<Text, _>(*text)?;
        }
        self.parts.iter().skip(N).for_each(|rest| out.push_sql(rest));
        Ok(())
    }
}

impl<Q: Query, const N: usize> Query for Bound<'_, Q, N> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryId, const N: usize> QueryId for Bound<'_, Q, N> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}
