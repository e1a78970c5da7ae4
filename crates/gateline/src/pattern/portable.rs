use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassPerlKind, ClassSetItem, GroupKind, LiteralKind, Visitor,
};

/// What a pattern has that is not in the regular expressions of the Gateway API (GEP-4359), which every implementation is to
/// understand alike: `inline flags`, `a word boundary`. `None`: nothing. Also `None` for what cannot be read at all.
///
/// The GEP takes POSIX extended regular expressions with `\d`, `\w`, `\W` and `\s`, and leaves the rest to implementations.
/// A backslash before punctuation that needs none is let pass: all engines agree on it.
#[must_use]
pub fn unportable(pattern: &str) -> Option<&'static str> {
    let ast = ast::parse::ParserBuilder::new().nest_limit(super::MAX_NESTING).build().parse(pattern).ok()?;
    ast::visit(&ast, Portable).err()
}

/// Ends at the first construct that is not portable.
struct Portable;

impl Visitor for Portable {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Flags(_) => Err("inline flags"),
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_) => Ok(()),
                GroupKind::CaptureName { .. } => Err("a named group"),
                GroupKind::NonCapturing(flags) if flags.items.is_empty() => {
                    Err("a group that captures nothing, (?:…)")
                }
                GroupKind::NonCapturing(_) => Err("inline flags"),
            },
            Ast::Repetition(repetition) if !repetition.greedy => Err("a lazy quantifier"),
            Ast::Repetition(repetition) if matches!(*repetition.ast, Ast::Repetition(_)) => {
                Err("two quantifiers in a row")
            }
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine | AssertionKind::EndLine => Ok(()),
                AssertionKind::StartText | AssertionKind::EndText => Err("an anchor other than ^ and $"),
                _ => Err("a word boundary"),
            },
            Ast::Literal(literal) => self::literal(&literal.kind),
            Ast::ClassUnicode(_) => Err("a Unicode class"),
            Ast::ClassPerl(class) => perl(&class.kind, class.negated),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Ascii(_) => Err("a named class, [:…:]"),
            ClassSetItem::Unicode(_) => Err("a Unicode class"),
            ClassSetItem::Perl(class) => perl(&class.kind, class.negated),
            ClassSetItem::Bracketed(_) => Err("a class in a class"),
            ClassSetItem::Literal(literal) => self::literal(&literal.kind),
            ClassSetItem::Range(range) => {
                self::literal(&range.start.kind).and_then(|()| self::literal(&range.end.kind))
            }
            ClassSetItem::Empty(_) | ClassSetItem::Union(_) => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), Self::Err> {
        Err("an operation on classes")
    }
}

fn perl(kind: &ClassPerlKind, negated: bool) -> Result<(), &'static str> {
    match (kind, negated) {
        (ClassPerlKind::Word, _) | (ClassPerlKind::Digit | ClassPerlKind::Space, false) => Ok(()),
        (ClassPerlKind::Digit, true) => Err("\\D"),
        (ClassPerlKind::Space, true) => Err("\\S"),
    }
}

fn literal(kind: &LiteralKind) -> Result<(), &'static str> {
    match kind {
        LiteralKind::Verbatim | LiteralKind::Meta | LiteralKind::Superfluous => Ok(()),
        LiteralKind::Octal | LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) => {
            Err("a character by its number")
        }
        LiteralKind::Special(_) => Err("a control character by its letter"),
    }
}

#[cfg(test)]
mod tests {
    use super::unportable;

    #[test]
    fn what_every_engine_has_is_portable() {
        for pattern in [
            "/users/[0-9]+/profile",
            r"^(https?://)?www\.example\.(com|org)$",
            "colo(u|)r{0,1}",
            r"\d+\w*\W\s?[^/]*[a-zA-Z0-9.]",
            r"\/api\/v1\-x/[\-\]]",
            "(?!",
        ] {
            assert_eq!(unportable(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn what_only_some_have_is_named() {
        for (pattern, what) in [
            ("(?i)/header", "inline flags"),
            ("/(?i:x)", "inline flags"),
            ("/(?:a|b)", "a group that captures nothing, (?:…)"),
            ("/(?P<id>[0-9]+)", "a named group"),
            ("/.*?/x", "a lazy quantifier"),
            (r"/\bfoo", "a word boundary"),
            (r"\A/x", "an anchor other than ^ and $"),
            (r"/\D+", "\\D"),
            (r"/[\S]", "\\S"),
            (r"/\x41", "a character by its number"),
            (r"/\t", "a control character by its letter"),
            (r"/\p{L}", "a Unicode class"),
            ("/[[:alpha:]]", "a named class, [:…:]"),
            ("/[a[b]]", "a class in a class"),
            ("/[a-z&&x]", "an operation on classes"),
            ("/a**", "two quantifiers in a row"),
        ] {
            assert_eq!(unportable(pattern), Some(what), "{pattern}");
        }
    }
}
