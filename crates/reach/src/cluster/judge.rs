//! What the policies at one end say of a connection, port by port.
//!
//! Source: the Network Policy API's order of judging. The admin tier decides first, the smallest priority number
//! before the others and a policy's rules in their order; a rule that passes leaves the decision to the tiers below.
//! Then, where a NetworkPolicy selects the pod, what one of its rules allows is allowed and all else is denied. Else
//! the baseline tier decides, and what nothing decides is allowed.

use sehat_platform::inventory::network::{RuleAction, Tier};
use sehat_platform::inventory::workload::Pod;

use super::policies::{Policies, Rule, Way};
use super::space::{ALL, Span, take};

/// Why a span is allowed or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// A rule, by its number.
    Rule(u32),
    /// NetworkPolicies select the pod and none has a rule for it; the first of them by its number.
    NoRule(u32),
    /// No policy says anything.
    Open,
}

/// One part of the decision at one end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub span: Span,
    pub allowed: bool,
    pub cause: Cause,
}

/// Room that is used again from question to question.
#[derive(Default)]
pub(crate) struct Judge {
    rest: Vec<Span>,
    passed: Vec<Span>,
    pub said: Vec<Said>,
}

impl Judge {
    /// Asks the policies that govern an end, in their order; `meets` says which rules mean the other end, and `server`
    /// is the pod that is called, where it is one.
    pub fn ask<'a>(
        &mut self,
        policies: &Policies<'a>,
        (governing, way): (&[u32], Way),
        server: Option<&Pod>,
        meets: impl Fn(u32, &Rule<'a>) -> bool,
    ) {
        self.start();
        let mut selecting: Option<u32> = None;
        for at in governing {
            let tier = policies.all[*at as usize].tier();
            match tier {
                Tier::Admin(_) => {}
                Tier::Namespace => {
                    self.rest.append(&mut self.passed);
                    selecting = selecting.or(Some(*at));
                }
                Tier::Baseline(_) if selecting.is_some() => break,
                Tier::Baseline(_) => self.rest.append(&mut self.passed),
            }
            for number in policies.rules_of(*at, way) {
                let rule = &policies.rules[number as usize];
                if meets(number, rule) {
                    self.apply(policies, number, rule, server);
                }
            }
            if self.rest.is_empty() && self.passed.is_empty() {
                return;
            }
        }
        self.rest.append(&mut self.passed);
        self.settle(selecting);
    }

    fn start(&mut self) {
        self.rest.clear();
        self.rest.extend(ALL);
        self.passed.clear();
        self.said.clear();
    }

    fn apply<'a>(&mut self, policies: &Policies<'a>, number: u32, rule: &Rule<'a>, server: Option<&Pod>) {
        for wanted in policies.spans(rule, server) {
            take(&mut self.rest, wanted, |span| match rule.action() {
                RuleAction::Pass => self.passed.push(span),
                action => self.said.push(Said {
                    span,
                    allowed: action == RuleAction::Allow,
                    cause: Cause::Rule(number),
                }),
            });
        }
    }

    /// What no rule decided.
    fn settle(&mut self, selecting: Option<u32>) {
        let (allowed, cause) = match selecting {
            Some(policy) => (false, Cause::NoRule(policy)),
            None => (true, Cause::Open),
        };
        self.said.extend(self.rest.drain(..).map(|span| Said { span, allowed, cause }));
    }
}
