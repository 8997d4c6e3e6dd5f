//! What the tree keeps, what it forgets and in which order, and that its sums are right after any of it.

use super::*;
use crate::web::messages::history::{Form, Kind, Memory};

fn said(at: u64, text: &str) -> Kept {
    let bytes = text.as_bytes().into();
    Kept { at, bytes, from: 0, form: Form::Json, kind: Kind::Value, memory: Memory::Live }
}

fn remembered(at: u64, text: &str) -> Kept {
    Kept { memory: Memory::Broker, ..said(at, text) }
}

/// Every topic, in order.
fn topics(tree: &Tree) -> Vec<String> {
    fn below(tree: &Tree, id: NodeId, found: &mut Vec<String>) {
        if tree.leaf(id).is_some() {
            found.push(tree.path(id));
        }
        tree.children(id).iter().for_each(|child| below(tree, *child, found));
    }
    let mut found = Vec::new();
    below(tree, ROOT, &mut found);
    found
}

/// The sums, counted anew.
fn check_sums(tree: &Tree) {
    let (mut present, mut past, mut count) = (0, 0, 0);
    for (index, node) in tree.nodes.iter().enumerate() {
        if index > 0 && node.parent != NONE {
            present += node.weight();
        }
        if let Some(leaf) = &node.leaf {
            present += leaf.weight();
            past += leaf.history.weight();
            count += 1;
        }
    }
    assert_eq!((tree.present, tree.past, tree.node(ROOT).topics), (present, past, count));
    let (mut at, mut order) = (tree.newest, 0);
    while at != NONE {
        order += 1;
        at = tree.nodes[at as usize].leaf.as_ref().expect("only topics are in the order").older;
    }
    assert_eq!(order, count, "every topic is once in the order of last words");
}

#[test]
fn topics_stand_in_order_with_the_system_last() {
    let mut tree = Tree::new(Bounds::default());
    for topic in ["$hub/link/usb", "b/c", "a", "b", "/info", "b/", "b/c/d", "a"] {
        tree.hear(topic, said(1, "1"));
    }
    assert_eq!(topics(&tree), ["/info", "a", "b", "b/", "b/c", "b/c/d", "$hub/link/usb"]);
    let b = tree.find("b").expect("it is there");
    assert_eq!((tree.node(b).topics, tree.node(b).pulse.count), (4, 4));
    assert_eq!(tree.leaf(b).map(|leaf| leaf.pulse.count), Some(1));
    assert_eq!((tree.find("c"), tree.find("b/c/d/e")), (None, None));
    let empty = tree.find("b/").expect("an empty level is a level");
    assert_eq!(tree.path(empty), "b/");
    check_sums(&tree);
}

#[test]
fn topic_not_heard_of_for_longest_goes_first() {
    let mut tree = Tree::new(Bounds { topics: 3, ..Bounds::default() });
    for (at, topic) in ["a/1", "a/2", "b/3", "a/1", "c/4", "d/5"].into_iter().enumerate() {
        tree.hear(topic, said(at as u64, "{}"));
        check_sums(&tree);
    }
    assert_eq!(topics(&tree), ["a/1", "c/4", "d/5"]);
    assert_eq!(tree.forgotten(), Forgotten { topics: 2, payloads: 0 });
    assert_eq!(tree.find("b"), None, "a level without topics goes, too");
}

#[test]
fn number_of_a_forgotten_topic_means_nothing_any_more() {
    let mut tree = Tree::new(Bounds { topics: 1, ..Bounds::default() });
    let first = tree.hear("a", said(1, "1"));
    let mark = tree.mark(first);
    assert_eq!(tree.marked(&mark), Some(first));
    tree.hear("b", said(2, "1"));
    assert_eq!(tree.marked(&mark), None);
    let third = tree.hear("c", said(3, "1"));
    assert_eq!(third, first, "its place is used again");
    assert_eq!(tree.marked(&mark), None);
    for wrong in ["", "1", "99.1", "x.y", "1.2.3", "-1.0"] {
        assert_eq!(tree.marked(wrong), None, "{wrong}");
    }
}

#[test]
fn huge_payloads_push_out_topics_and_never_the_one_that_speaks() {
    let mut tree = Tree::new(Bounds { present: 10_000, ..Bounds::default() });
    for topic in 0..20 {
        tree.hear(&topic.to_string(), said(1, &"x".repeat(1000)));
    }
    assert!(tree.present <= 10_000);
    tree.hear("huge", said(2, &"x".repeat(50_000)));
    assert_eq!(topics(&tree), ["huge"]);
    check_sums(&tree);
}

#[test]
fn talkative_topic_does_not_take_the_past_of_a_silent_one() {
    let mut tree = Tree::new(Bounds { past: 10_000, ..Bounds::default() });
    for at in 0..10 {
        tree.hear("silent", said(at, "1"));
    }
    for at in 0..10_000 {
        tree.hear("talkative", said(at, &"x".repeat(100)));
        if at % 100 == 0 {
            check_sums(&tree);
        }
    }
    let kept = |topic| {
        let leaf = tree.find(topic).and_then(|id| tree.leaf(id)).expect("it is there");
        leaf.history.iter().count()
    };
    assert_eq!(kept("silent"), 10);
    assert!(kept("talkative") > 30, "{}", kept("talkative"));
    assert!(tree.past <= 10_000);
}

#[test]
fn many_topics_share_the_past_equally() {
    let mut tree = Tree::new(Bounds { past: 100_000, ..Bounds::default() });
    for round in 0..50 {
        for topic in 0..100 {
            tree.hear(&format!("t/{topic}"), said(round, &"x".repeat(40)));
        }
    }
    check_sums(&tree);
    assert!(tree.past <= 100_000 && tree.past > 95_000, "{}", tree.past);
    let kept = |topic: usize| {
        let id = tree.find(&format!("t/{topic}")).expect("it is there");
        tree.leaf(id).map_or(0, |leaf| leaf.history.iter().count())
    };
    let (least, most) = ((0..100).map(kept).min(), (0..100).map(kept).max());
    assert!(most <= least.map(|least| least + 5), "{least:?} to {most:?}");
}

#[test]
fn only_a_live_word_ends_being_remembered() {
    let mut tree = Tree::new(Bounds::default());
    let since = |tree: &Tree| tree.find("a").and_then(|id| tree.leaf(id)).and_then(|leaf| leaf.remembered);
    tree.hear("a", remembered(10, "1"));
    tree.hear("a", remembered(20, "1"));
    assert_eq!(since(&tree), Some((10, Memory::Broker)), "told again at the next connection");
    tree.hear("a", said(30, "2"));
    assert_eq!(since(&tree), None);
    tree.hear("a", remembered(40, "2"));
    assert_eq!(since(&tree), Some((30, Memory::Broker)), "it was refreshed when it was heard");
    tree.hear("a", said(50, "3"));
    tree.hear("a", remembered(60, "4"));
    assert_eq!(since(&tree), Some((60, Memory::Broker)), "somebody said it while nobody listened");
}

#[test]
fn any_order_of_words_keeps_the_sums_right() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut tree = Tree::new(Bounds { topics: 50, present: 20_000, past: 8_000 });
    for at in 0..20_000 {
        let levels = (0..random.usize(1..6)).map(|_| random.choice(["a", "b", "", "$c", "d"]).unwrap_or("a"));
        let topic = levels.collect::<Vec<_>>().join("/");
        let text = "x".repeat(random.usize(0..300));
        if random.u8(..) < 10 {
            if let Some(id) = tree.find(&topic) {
                tree.remove(id);
            }
        } else {
            tree.hear(&topic, said(at, &text));
        }
        if at % 500 == 0 {
            check_sums(&tree);
        }
    }
    check_sums(&tree);
}
