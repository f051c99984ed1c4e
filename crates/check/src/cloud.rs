//! Questions about a provider's resources that several rules ask.

use std::collections::HashMap;

use sehat_platform::inventory::cloud::{Acl, Cloud, Link, Resource, SecurityGroup, Subnet};

/// Resources by their addresses.
pub struct CloudIndex<'a> {
    pub cloud: &'a Cloud,
    groups: HashMap<&'a str, &'a SecurityGroup>,
    subnets: HashMap<&'a str, &'a Subnet>,
}

impl<'a> CloudIndex<'a> {
    pub fn new(cloud: &'a Cloud) -> Self {
        Self {
            cloud,
            groups: cloud.groups.iter().map(|group| (group.resource.address.as_str(), group)).collect(),
            subnets: cloud.subnets.iter().map(|subnet| (subnet.resource.address.as_str(), subnet)).collect(),
        }
    }

    pub fn group(&self, link: &Link) -> Option<&'a SecurityGroup> {
        self.groups.get(link.here()?).copied()
    }

    pub fn subnet(&self, link: &Link) -> Option<&'a Subnet> {
        self.subnets.get(link.here()?).copied()
    }

    /// Returns the access list that a subnet lies behind.
    pub fn acl_of(&self, subnet: &Subnet) -> Option<&'a Acl> {
        self.cloud
            .acls
            .iter()
            .find(|acl| acl.subnets.iter().any(|link| link.here() == Some(&subnet.resource.address)))
    }
}

/// Names of environments in which a loss is borne.
const TRIAL: [&str; 8] = ["dev", "development", "staging", "stage", "stg", "test", "qa", "sandbox"];

/// Returns whether a resource says by its tags or its name that it is not for production.
pub fn is_trial(resource: &Resource) -> bool {
    let tagged = resource
        .tags
        .iter()
        .filter(|(key, _)| matches!(key.to_lowercase().as_str(), "environment" | "env" | "stage" | "name"));
    let mut words = tagged.flat_map(|(_, value)| words_of(value)).chain(words_of(&resource.address));
    words.any(|word| TRIAL.contains(&word.as_str()))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).map(str::to_lowercase)
}
