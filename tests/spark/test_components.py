"""Connected components on Spark: rounds that are told beforehand, against a reckoning in Python."""

import random

import pytest
from engines_support import ENGINES

ROUNDS = 6
STATEMENT = "select node, component from ({{ connected_components('edges') }}) as found order by node"
CYCLES = "select number from ({{ nodes_in_cycles('nodes') }}) as found order by number"


def components(edges):
    """{node: smallest node that it can reach} of every node with an edge to another."""
    smallest = {node: node for edge in edges for node in edge}

    def root(node):
        while smallest[node] != node:
            smallest[node] = node = smallest[smallest[node]]
        return node

    for one, other in edges:
        low, high = sorted((root(one), root(other)))
        smallest[high] = low
    return {node: root(node) for edge in edges if edge[0] != edge[1] for node in edge}


def chain(length):
    return [(node, node + 1) for node in range(1, length)]


def shuffled_chain(length, seed):
    nodes = list(range(1, length + 1))
    random.Random(seed).shuffle(nodes)
    return list(zip(nodes, nodes[1:]))


def zigzag(length):
    """1, n, 2, n-1, …: neighbours are as unlike as can be."""
    nodes = [n for pair in zip(range(1, length), range(length, 0, -1)) for n in pair][:length]
    return list(zip(nodes, nodes[1:]))


def detour(length):
    """0, n-2, n-3, …, 2, n-1, 1: needs one round more than the plain chain."""
    nodes = [0, *range(length - 2, 1, -1), length - 1, 1]
    return list(zip(nodes, nodes[1:]))


def random_graph(nodes, edges, seed):
    rng = random.Random(seed)
    return [(rng.randint(1, nodes), rng.randint(1, nodes)) for _ in range(edges)]


GRAPHS = {
    "nothing": [],
    "one edge": [(2, 1)],
    "both ways and twice": [(1, 2), (2, 1), (1, 2)],
    "star": [(50, node) for node in range(1, 100)],
    "cycle": [*chain(40), (40, 1)],
    "chain as long as the rounds allow": chain(2**ROUNDS),
    "the same, told backwards": [(b, a) for a, b in reversed(chain(2**ROUNDS))],
    "zigzag": zigzag(2**ROUNDS),
    "detour of half the length": detour(2 ** (ROUNDS - 1)),
    **{f"shuffled chain {seed}": shuffled_chain(2**ROUNDS, seed) for seed in range(3)},
    **{f"random {seed}": random_graph(200, 120 + 60 * seed, seed) for seed in range(3)},
}


@pytest.fixture(scope="module")
def statements(engines):
    variables = {"component_rounds": ROUNDS}
    return {engine: engines.compile(engine, [STATEMENT, CYCLES], variables) for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_graphs(engines, statements, engine):
    # all graphs at once, each on numbers of its own
    apart = 1000
    edges = [
        (place * apart + a, place * apart + b)
        for place, graph in enumerate(GRAPHS.values()) for a, b in graph
    ]
    engines.table("edges", {"from_node": "bigint", "to_node": "bigint"}, edges)
    found = engines.run(engine, statements[engine][0])
    others = [(node, component) for node, component in found if component != node]
    assert others == sorted((n, c) for n, c in components(edges).items() if n != c)
    assert {node for node, _ in found} >= set(components(edges))


def test_a_chain_that_is_too_long_stops_the_query(engines, statements):
    engines.table("edges", {"from_node": "bigint", "to_node": "bigint"}, chain(2 ** (ROUNDS + 2)))
    with pytest.raises(Exception, match="component_rounds"):
        engines.run("spark", statements["spark"][0])


@pytest.mark.parametrize("engine", ENGINES)
def test_cycles(engines, statements, engine):
    rng = random.Random(1)
    nodes, expected, number = [], [], 0
    for length, tails in ((1, 0), (2, 3), (7, 50), (64, 5), (1, 200)):
        cycle = list(range(number, number + length))
        targets = {node: cycle[(place + 1) % length] for place, node in enumerate(cycle)}
        for node in range(number + length, number + length + tails):
            targets[node] = rng.randrange(number, node)
        nodes += [(number, node, target) for node, target in targets.items()]
        expected += cycle
        number += length + tails
    kinds = dict.fromkeys(("component", "number", "target_number"), "bigint")
    engines.table("nodes", kinds, nodes)
    assert [row[0] for row in engines.run(engine, statements[engine][1])] == expected
    engines.table("nodes", kinds, [])
    assert engines.run(engine, statements[engine][1]) == []
