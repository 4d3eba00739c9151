"""Keys that are not ours: their tags may be hidden, and AWS's own are not asked for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.steps.kms.key import KmsKey
from tests.support.harness import new_aws
from tests.unit.steps.kms.test_key import KEY

OURS = KEY.with_owner("tap-dev/it")


def refusing(aws: Aws, monkeypatch: pytest.MonkeyPatch, codes: dict[str, str]) -> list[str]:
    """Refuse to show the tags of these keys; return the ids of all keys that were asked for."""
    pages, asked = aws.kms.get_paginator, list[str]()

    class Tags:
        def paginate(self, **request: Any) -> Any:
            key = request["KeyId"]
            asked.append(key)
            if key in codes:
                raise ClientError(
                    {"Error": {"Code": codes[key], "Message": ""}}, "ListResourceTags"
                )
            return pages("list_resource_tags").paginate(**request)

    chosen = {"list_resource_tags": Tags()}
    monkeypatch.setattr(aws.kms, "get_paginator", lambda name: chosen.get(name) or pages(name))
    return asked


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
def test_one_whose_tags_are_hidden_is_passed_by(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    hidden = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    ours = OURS.create(new_aws())
    aws.kms.delete_alias(AliasName=KEY.alias)
    assert refusing(aws, monkeypatch, {hidden: code}) == []
    assert [one.id for one in OURS.find_candidates(aws)] == [ours.id]


@pytest.mark.usefixtures("account")
def test_any_other_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    refusing(aws, monkeypatch, {key: "ThrottledForGood"})
    with pytest.raises(ClientError, match="ThrottledForGood"):
        OURS.observe(aws)


@pytest.mark.usefixtures("account")
def test_aws_s_own_key_is_not_asked_for_its_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    own, other, bare = (aws.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3))
    asked = refusing(aws, monkeypatch, {})
    pages = aws.kms.get_paginator

    class Aliases:
        def paginate(self) -> Any:
            yield {}
            yield {
                "Aliases": [
                    {"AliasName": "alias/aws/lambda", "TargetKeyId": own},
                    {"AliasName": "alias/mine", "TargetKeyId": other},
                    {"AliasName": "alias/aws/unused"},
                    {"TargetKeyId": bare},
                ]
            }

    chosen: Any = {"list_aliases": Aliases()}
    monkeypatch.setattr(aws.kms, "get_paginator", lambda name: chosen.get(name) or pages(name))
    assert OURS.observe(aws) is None
    assert set(asked) == {other, bare}


@pytest.mark.usefixtures("account")
def test_the_recorded_one_is_gone_while_its_deletion_is_scheduled() -> None:
    made = OURS.create(new_aws())
    seen = made.observe(new_aws())
    assert isinstance(seen, KmsKey)
    new_aws().kms.delete_alias(AliasName=KEY.alias)
    assert made.observe(new_aws()) == replace(seen, aliased=False)
    new_aws().kms.schedule_key_deletion(KeyId=made.id)
    assert made.observe(new_aws()) is None
