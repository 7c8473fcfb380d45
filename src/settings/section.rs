//! A section of the settings: its struct and its declarations, from one text.

/// A struct whose fields are settings. `/// meaning`, then `field: Type = "NAME", parser, { default: …, chinese: … };` declares
/// one. The struct gets `DECLARED`, the list of them, and `fields`, which reads them all.
macro_rules! section {
    (
        $(#[$about:meta])*
        $visibility:vis struct $section:ident {
            $(
                $(#[doc = $meaning:literal])+
                $field:ident: $type:ty = $name:literal, $parser:expr, { $($key:ident: $value:expr),* $(,)? };
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        $visibility struct $section {
            $($(#[doc = $meaning])+ pub $field: $type,)*
        }

        impl $section {
            /// Its settings, in the order in which documents list them.
            pub(crate) const DECLARED: &'static [$crate::settings::declaration::Setting] = &[$(
                $crate::settings::declaration::Setting {
                    name: $name,
                    meaning: concat!($($meaning),+).trim_ascii(),
                    $($key: $value,)*
                    ..$crate::settings::declaration::Setting::PLAIN
                },
            )*];

            /// Every field by itself; `None` if one of them cannot be had.
            fn fields(reader: &mut $crate::settings::reader::Reader<'_>) -> Option<Self> {
                $(let $field = reader.value(Self::DECLARED, $name, $parser);)*
                Some(Self { $($field: $field?),* })
            }
        }
    };
}

pub(super) use section;
