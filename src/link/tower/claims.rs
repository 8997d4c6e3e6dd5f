//! What can be commanded under bcg's topics: every node and the gateway under all their names.

use super::conversation::Conversation;
use super::nodes::is_name;
use crate::hub::Claim;
use crate::talk::Topic;

/// Levels of a command below a node, and below the gateway.
pub const NODE_DEPTH: usize = 4;
pub const GATEWAY_DEPTH: usize = 2;

impl Conversation {
    /// Claims everything that can be commanded, under all its names.
    pub(super) fn claim(&mut self) {
        let Some(own) = self.gateway.as_ref().map(|gateway| gateway.id.clone()) else { return };
        let ids: Vec<String> = self.nodes.iter().map(|(id, _)| id.to_owned()).collect();
        ids.iter().for_each(|id| self.nodes.node(id).is_taken = false);
        let taken = self.handle.claim(self.claims(&own));
        let is_taken = |name: &str| taken.iter().any(|topic| topic.as_str() == name);
        for id in &ids {
            let node = self.nodes.node(id);
            node.is_taken = node.alias.as_deref().is_some_and(|alias| is_taken(&format!("node/{alias}")));
        }
        if self.name != own && is_taken(&format!("gateway/{}", self.name)) {
            tracing::warn!(
                "link {}: another link of this hub has a gateway `{}`, so this one goes by its id; give it a \
                 name of its own: gateway = \"…\"",
                self.handle.name(),
                self.name
            );
            self.name = own;
            self.claim();
        }
    }

    fn claims(&self, own: &str) -> Vec<Claim> {
        let claim = |above: String, depth: usize, is_shared: bool, is_lasting: bool| {
            Topic::new(&above).ok().map(|above| Claim { above, depth, is_shared, is_lasting })
        };
        let mut claims = vec![
            claim("gateway/ping".into(), 0, true, false),
            claim("gateway/all".into(), GATEWAY_DEPTH, true, false),
            claim(format!("gateway/{own}"), GATEWAY_DEPTH, false, false),
        ];
        if self.name != own {
            claims.push(claim(format!("gateway/{}", self.name), GATEWAY_DEPTH, false, false));
        }
        for (id, node) in self.nodes.iter() {
            let names = [Some(id), node.alias.as_deref().filter(|name| is_name(name))];
            for name in names.into_iter().flatten() {
                claims.push(claim(format!("node/{name}"), NODE_DEPTH, false, true));
                let other = node.commands.keys().filter(|rest| rest.split('/').count() != NODE_DEPTH);
                claims.extend(other.map(|rest| claim(format!("node/{name}/{rest}"), 0, false, true)));
            }
        }
        claims.into_iter().flatten().collect()
    }
}
