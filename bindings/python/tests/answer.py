"""Answers the cases of spec-tests: a line of JSON for each that is read (spec-tests/tests/binding.rs asks)."""

import json
import sys

import gateline

manifests = None
for line in sys.stdin:
    message = json.loads(line)
    if "objects" in message:
        manifests = gateline.loads(
            {"objects.yaml": message["objects"]},
            assume=message["assume"],
            regex_rank=message["regex_rank"],
        )
        answer = "loaded"
    elif manifests is not None:
        headers = [(name, value) for name, value in message["headers"]]
        random = int(message["random"])
        explanation = manifests.explain(message["request"], headers, gateway=message["gateway"], random=random)
        decision = manifests.route(message["request"], headers, gateway=message["gateway"], random=random)
        assert decision.kind == explanation.outcome
        assert decision.route == explanation.data["route"]
        answer = explanation.json
    print(json.dumps(answer), flush=True)
