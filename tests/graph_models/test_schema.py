from concurrent.futures import ThreadPoolExecutor

import pytest
from neomodel import StructuredNode

from cypher.run import Database
from graph_models import NODE_MODELS, RELATIONSHIP_MODELS, schema

pytestmark = pytest.mark.container


def test_every_property_of_every_model_is_described() -> None:
    missing = [
        f"{model.__name__}.{name}"
        for model in (*NODE_MODELS, *RELATIONSHIP_MODELS)
        for name, prop in model.defined_properties(aliases=False, rels=False).items()
        if not (prop.help_text or "").strip().endswith(".")
    ]
    assert missing == []


def test_every_model_and_property_is_in_the_generated_documentation() -> None:
    text = schema.schema_markdown()
    for model in NODE_MODELS:
        assert issubclass(model, StructuredNode)
        assert f"## Node `{model.__label__}`" in text
        for name in model.defined_properties(aliases=False, rels=False):
            assert f"| `{name}` |" in text


def test_second_installation_creates_nothing(session_database: Database) -> None:
    schema.install_schema(session_database.driver)
    assert schema.install_schema(session_database.driver) == []
    element_names = {element.name for element in schema.schema_elements()}
    assert element_names <= schema.installed_names(session_database.driver)


def test_processes_that_install_the_schema_at_once_all_succeed(session_database: Database) -> None:
    driver = session_database.driver
    elements = {element.name: element for element in schema.schema_elements()}
    with driver.session() as session:
        for name in schema.installed_names(driver) & elements.keys():
            kind = "CONSTRAINT" if name.endswith("_unique") else "INDEX"
            session.run(f"DROP {kind} {name}").consume()
    with ThreadPoolExecutor(3) as pool:
        created = list(pool.map(schema.install_schema, [driver] * 3))
    assert elements.keys() <= schema.installed_names(driver)
    assert elements.keys() == {name for names in created for name in names}
