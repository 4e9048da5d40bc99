//! What is written in `requires` and `effects`: Rust expressions over names of facts in quotes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{BinOp, Error, Expr, ExprLit, ExprUnary, Lit, Path, Result, UnOp};

/// What a clause may speak of.
pub(crate) struct Scope<'s> {
    /// The module that has the types.
    pub(crate) root: &'s Path,
    /// The fields of the action.
    pub(crate) fields: &'s [String],
}

impl Scope<'_> {
    /// `"door"`, `!"door"`, `"gold" >= 2`, `"gold" >= amount`, `"door" == "open"`.
    pub(crate) fn requirement(&self, clause: &Expr) -> Result<TokenStream> {
        let root = self.root;
        let (fact, is, term) = match clause {
            Expr::Unary(ExprUnary { op: UnOp::Not(_), expr, .. }) => (
                self.fact(expr)?,
                quote!(Is),
                quote!(#root::Term::Value(#root::Value::Bool(false))),
            ),
            Expr::Binary(binary) => {
                let is = match binary.op {
                    BinOp::Eq(_) => quote!(Is),
                    BinOp::Ne(_) => quote!(IsNot),
                    BinOp::Ge(_) => quote!(AtLeast),
                    BinOp::Le(_) => quote!(AtMost),
                    BinOp::Gt(_) => quote!(Above),
                    BinOp::Lt(_) => quote!(Below),
                    other => {
                        let help = "a requirement compares: ==, !=, >=, <=, > or <";
                        return Err(Error::new(other.span(), help));
                    }
                };
                (self.fact(&binary.left)?, is, self.term(&binary.right)?)
            }
            fact => {
                let fact = self.fact(fact)?;
                (fact, quote!(Is), quote!(#root::Term::Value(#root::Value::Bool(true))))
            }
        };
        Ok(
            quote!(#root::Requirement { fact: #fact.into(), is: #root::Comparison::#is, value: #term }),
        )
    }

    /// `"door" = "open"`, `"gold" += 2`, `"gold" -= amount`.
    pub(crate) fn effect(&self, clause: &Expr) -> Result<TokenStream> {
        let root = self.root;
        let (fact, how, term) = match clause {
            Expr::Assign(assign) => (&assign.left, quote!(Set), &assign.right),
            Expr::Binary(binary) => match binary.op {
                BinOp::AddAssign(_) => (&binary.left, quote!(Add), &binary.right),
                BinOp::SubAssign(_) => (&binary.left, quote!(Take), &binary.right),
                other => return Err(Error::new(other.span(), "an effect is =, += or -=")),
            },
            other => {
                let help = "an effect is written \"fact\" = value, \"fact\" += 1 or \"fact\" -= 1";
                return Err(Error::new(other.span(), help));
            }
        };
        let (fact, term) = (self.fact(fact)?, self.term(term)?);
        Ok(quote!(#root::Change { fact: #fact.into(), how: #root::Manner::#how, value: #term }))
    }

    /// The name of a fact; `{field}` in it stands for what the field holds.
    fn fact(&self, expr: &Expr) -> Result<String> {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expr else {
            return Err(Error::new(expr.span(), "here stands the name of a fact in quotes"));
        };
        self.template(&text.value(), expr)
    }

    fn template(&self, text: &str, expr: &Expr) -> Result<String> {
        for piece in text.split('{').skip(1) {
            let Some((field, _)) = piece.split_once('}') else {
                return Err(Error::new(expr.span(), "a '{' without its '}'"));
            };
            self.known(field, expr)?;
        }
        Ok(text.to_owned())
    }

    fn known(&self, field: &str, expr: &Expr) -> Result<()> {
        if self.fields.iter().any(|known| known == field) {
            return Ok(());
        }
        let message =
            format!("the action has no field '{field}'; it has: {}", self.fields.join(", "));
        Err(Error::new(expr.span(), message))
    }

    fn term(&self, expr: &Expr) -> Result<TokenStream> {
        let root = self.root;
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => {
                Ok(quote!(#root::Term::Value(#root::Value::Bool(#value))))
            }
            Expr::Lit(ExprLit { lit: Lit::Int(value), .. }) => {
                let value: i32 = value.base10_parse()?;
                Ok(quote!(#root::Term::Value(#root::Value::Number(#value))))
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: inner, .. }) => match &**inner {
                Expr::Lit(ExprLit { lit: Lit::Int(value), .. }) => {
                    let value: i32 = value.base10_parse::<i32>()?.wrapping_neg();
                    Ok(quote!(#root::Term::Value(#root::Value::Number(#value))))
                }
                other => Err(Error::new(other.span(), "here stands a whole number")),
            },
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let text = self.template(&text.value(), expr)?;
                Ok(quote!(#root::Term::Value(#root::Value::Enum(#text.into()))))
            }
            Expr::Path(path) => {
                let Some(field) = path.path.get_ident().map(ToString::to_string) else {
                    return Err(Error::new(expr.span(), "here stands a value or a field's name"));
                };
                self.known(&field, expr)?;
                Ok(quote!(#root::Term::Field(#field.into())))
            }
            other => {
                let help = "here stands true, false, a whole number, a word in quotes, or the name of a field";
                Err(Error::new(other.span(), help))
            }
        }
    }
}
