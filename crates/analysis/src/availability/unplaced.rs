//! Instances of which nothing says on which node they run.

use sehat_platform::component::Spread;
use sehat_platform::{Name, Platform};

use crate::survival::{Element, Member, Survival};

pub const REASON: &str =
    "in the lower figure, instances without a named node share one, except where `spread` forbids it";

/// Returns the journey with nodes and zones added for members that have none: the same ones for
/// all, or ones of their own where the document says that they are spread.
pub fn at_worst(platform: &Platform, survival: &Survival) -> Survival {
    let mut worst = survival.clone();
    let Survival { elements, groups, .. } = &mut worst;
    for group in groups {
        let Some(component) = platform.components.get(&group.component) else { continue };
        let spread = component.spread.copied();
        for member in &mut group.members {
            if !is_loose(member, elements) {
                continue;
            }
            let own_node = matches!(spread, Some(Spread::Node | Spread::Zone | Spread::Site));
            let own_zone = matches!(spread, Some(Spread::Zone | Spread::Site));
            let node = Element::Node(whose(own_node, member));
            let zone = Element::Zone(whose(own_zone, member));
            for element in [node, zone] {
                let index = position(elements, element);
                member.elements.push(index);
            }
        }
    }
    worst
}

fn is_loose(member: &Member, elements: &[Element]) -> bool {
    let has = |test: fn(&Element) -> bool| member.elements.iter().any(|index| test(&elements[*index]));
    has(|element| matches!(element, Element::Machine(_)))
        && !has(|element| matches!(element, Element::Node(_)))
}

fn whose(own: bool, member: &Member) -> Name {
    if own { format!("of {}", member.name) } else { "not named".to_owned() }
}

fn position(elements: &mut Vec<Element>, element: Element) -> usize {
    elements.iter().position(|known| *known == element).unwrap_or_else(|| {
        elements.push(element);
        elements.len() - 1
    })
}
