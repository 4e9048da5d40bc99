//! The attribute `#[action(…)]`, and what is made of it.

use crate::clause::Scope;
use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Error, Expr, Fields, Lit, LitInt, LitStr, Meta, Path};
use syn::{Result, Token, parenthesized, parse_quote};

/// What the attributes say.
#[derive(Default)]
struct Said {
    name: Option<String>,
    root: Option<Path>,
    cost: Option<u32>,
    roles: Vec<String>,
    scenes: Vec<String>,
    limit: Option<(u32, u32)>,
    requires: Vec<Expr>,
    effects: Vec<Expr>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let mut said = Said::default();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("action")) {
        read(attribute, &mut said)?;
    }
    let root: Path = match said.root {
        Some(path) => parse_quote!(#path::action),
        None => parse_quote!(::bevy_dramaturg::action),
    };
    let scope = Scope { root: &root, fields: &fields };
    let requires =
        said.requires.iter().map(|clause| scope.requirement(clause)).collect::<Result<Vec<_>>>()?;
    let effects =
        said.effects.iter().map(|clause| scope.effect(clause)).collect::<Result<Vec<_>>>()?;
    let name = said.name.unwrap_or_else(|| snake_case(&input.ident.to_string()));
    let description = description(&input.attrs);
    let cost = said.cost.unwrap_or(1);
    let (roles, scenes) = (said.roles, said.scenes);
    let limit = match said.limit {
        Some((times, minutes)) => quote!(Some(#root::Limit { times: #times, minutes: #minutes })),
        None => quote!(None),
    };
    let ident = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #impl_generics #root::NpcAction for #ident #type_generics #bounds {
            fn definition() -> #root::ActionDefinition {
                #root::ActionDefinition {
                    name: #name.into(),
                    description: #description.into(),
                    parameters: #root::schema_of::<Self>(),
                    requires: vec![#(#requires),*],
                    effects: vec![#(#effects),*],
                    cost: #cost,
                    roles: vec![#(#roles.into()),*],
                    scenes: vec![#(#scenes.into()),*],
                    limit: #limit,
                }
            }
        }
    })
}

fn fields(input: &DeriveInput) -> Result<Vec<String>> {
    let Data::Struct(data) = &input.data else {
        let help = "an action is a struct: its fields are the parameters";
        return Err(Error::new_spanned(&input.ident, help));
    };
    match &data.fields {
        Fields::Named(named) => {
            let names = named.named.iter().filter_map(|field| field.ident.as_ref());
            Ok(names.map(|name| name.to_string().trim_start_matches("r#").to_owned()).collect())
        }
        Fields::Unit => {
            let help = "write it with braces, `struct Wait {}`: a call has an object of arguments";
            Err(Error::new_spanned(&input.ident, help))
        }
        Fields::Unnamed(_) => Err(Error::new_spanned(
            &input.ident,
            "give the fields names: a call has named arguments",
        )),
    }
}

fn read(attribute: &Attribute, said: &mut Said) -> Result<()> {
    attribute.parse_nested_meta(|meta| {
        let words = |into: &mut Vec<String>| -> Result<()> {
            let list;
            parenthesized!(list in meta.input);
            let words = Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?;
            into.extend(words.iter().map(LitStr::value));
            Ok(())
        };
        let clauses = |into: &mut Vec<Expr>| -> Result<()> {
            let list;
            parenthesized!(list in meta.input);
            into.extend(Punctuated::<Expr, Token![,]>::parse_terminated(&list)?);
            Ok(())
        };
        match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("name") => said.name = Some(meta.value()?.parse::<LitStr>()?.value()),
            Some("crate") => said.root = Some(meta.value()?.call(Path::parse_mod_style)?),
            Some("cost") => {
                let cost: LitInt = meta.value()?.parse()?;
                let value: u32 = cost.base10_parse()?;
                if value == 0 {
                    return Err(Error::new(
                        cost.span(),
                        "nothing is for nothing: a cost is at least 1",
                    ));
                }
                said.cost = Some(value);
            }
            Some("roles") => words(&mut said.roles)?,
            Some("scenes") => words(&mut said.scenes)?,
            Some("requires") => clauses(&mut said.requires)?,
            Some("effects") => clauses(&mut said.effects)?,
            Some("limit") => {
                let list;
                parenthesized!(list in meta.input);
                let times: LitInt = list.parse()?;
                list.parse::<Token![,]>()?;
                let word: syn::Ident = list.parse()?;
                if word != "minutes" {
                    return Err(Error::new(word.span(), "write it as limit(2, minutes = 60)"));
                }
                list.parse::<Token![=]>()?;
                let minutes: LitInt = list.parse()?;
                said.limit = Some((times.base10_parse()?, minutes.base10_parse()?));
            }
            _ => {
                return Err(meta.error(
                    "an action has: name, cost, roles, scenes, requires, effects, limit, crate",
                ));
            }
        }
        Ok(())
    })
}

/// The doc comment, on one line.
fn description(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join(" ")
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        let input: DeriveInput = syn::parse_str(source).unwrap();
        expand(&input).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_named_before_the_program_is_built() {
        let of = |attribute: &str| {
            error(&format!("#[action({attribute})] struct Give {{ item: String }}"))
        };
        assert!(of(r#"requires("has.{itme}")"#).contains("no field 'itme'; it has: item"));
        assert!(of(r#"requires("gold" + 2)"#).contains("a requirement compares"));
        assert!(of(r#"effects("gold")"#).contains("an effect is written"));
        assert!(of(r#"effects("gold" -= some.thing)"#).contains("here stands"));
        assert!(of("cost = 0").contains("at least 1"));
        assert!(of("effect(1)").contains("an action has: name"));
        assert!(of("limit(2, hours = 1)").contains("minutes"));
        assert!(error("enum Give { A }").contains("is a struct"));
        assert!(error("struct Give(String);").contains("names"));
    }

    #[test]
    fn names_are_those_of_tools() {
        assert_eq!(snake_case("GiveItem"), "give_item");
    }
}
