"""Every setting, typed and read once; the only file that sees the environment."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from configs.errors import ConfigError
from configs.saving import Name, Source, fixed, merged, read_saved

ENV_PREFIX = "ROUNDTABLE_"

Backend = Literal["auto", "openvino-bf16", "openvino-fp32", "torch-fp32"]
ChunkingStrategy = Literal["hybrid", "hierarchical", "sentence-window", "fixed", "page"]
SandboxName = Literal["docker", "bubblewrap", "landlock", "none"]
ApprovalPolicy = Literal["always", "never", "risky"]

_MODEL_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LLMSettings(_Section):
    """A language model; the sampling names are the OpenAI API's own and are sent only when set.

    `fallback` names the one of `models` to ask when this one fails. `context_tokens` is how much the model reads, for
    when neither the model table nor the endpoint says it right.
    """

    provider: Literal["extractive", "openai"] = "extractive"
    base_url: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout_s: float = Field(60.0, gt=0)
    max_retries: int = Field(2, ge=0, le=10)
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = Field(None, gt=0)
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    n: int | None = Field(None, gt=0)
    stop: Annotated[tuple[str, ...] | None, NoDecode] = None
    seed: int | None = None
    fallback: str | None = None
    context_tokens: int | None = Field(None, gt=0)

    @field_validator("stop", mode="before")
    @classmethod
    def _one_stop_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    def inheriting(self, default: LLMSettings) -> LLMSettings:
        """An entry of `models`: what it does not set is as in `default`.

        Except `fallback` and `context_tokens`, which say something about one model, and the key when the address is
        another, so that no key reaches a server it is not meant for. The provider is always `openai`.
        """
        own = self.model_fields_set | {"provider", "fallback", "context_tokens"}
        if "base_url" in own and self.base_url != default.base_url:
            own = own | {"api_key"}
        taken = {name: getattr(default, name) for name in LLMSettings.model_fields if name not in own}
        return self.model_copy(update={**taken, "provider": "openai"})


class EmbeddingSettings(_Section):
    """The embedding model (a hub name or a folder) and how it runs on this machine.

    Without `model` an index is read with the model it was made with, and a new one is made with the bundled model.
    """

    model: str | None = None
    backend: Backend = "auto"
    batch_size: int = Field(8, gt=0)


class ParsingSettings(_Section):
    """How documents are read and the limits of reading one; a document over a limit fails alone.

    `memory_mb` is what all parsing workers together may hold in memory. `layout_models`: those on disk (`auto`), also
    fetched from the model hub (`download`), or none (`off`).
    """

    workers: int | None = Field(None, gt=0)
    timeout_s: float = Field(120.0, gt=0)
    memory_mb: int = Field(2048, gt=0)
    max_file_mb: int = Field(200, gt=0)
    max_pages: int = Field(5000, gt=0)
    ocr: bool = True
    layout_models: Literal["auto", "download", "off"] = "auto"


class FetchSettings(_Section):
    """Limits of fetching a web page as a source; `allow_hosts` names the private hosts that may be asked."""

    timeout_s: float = Field(30.0, gt=0)
    max_mb: int = Field(50, gt=0)
    max_redirects: int = Field(5, ge=0)
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        return _split(value)


class ChunkingSettings(_Section):
    """How documents are cut, counted in the embedder's tokens; a chunk is never longer than the embedder reads."""

    strategy: ChunkingStrategy = "hybrid"
    max_tokens: int = Field(256, gt=15)
    overlap: int = Field(0, ge=0)


class SearchSettings(_Section):
    """How a question is searched and how much evidence an agent is shown."""

    strategy: str = "hybrid"
    k: int = Field(8, gt=0, le=100)
    context_tokens: int = Field(3000, gt=100)


class SandboxSettings(_Section):
    """Where code may run: backends in order of preference (`none` refuses always) and their limits.

    A session that nobody used for `idle_s` seconds ends; `warm` sessions are kept started, so that one begins at once.
    `approval`: a person allows every run (`always`), none is asked (`never`), or only code that may write files or run
    long waits for one (`risky`); where isolation is less than full, every run is asked for. Without an answer within
    `approval_timeout_s` the code does not run. `image` is the container image of the docker backend, `environment` the
    folder of packages that code may import (default: the one `make` installs). With
    `dangerously_run_without_isolation` code runs as an ordinary process of this machine where no backend is usable.
    """

    backends: Annotated[tuple[SandboxName, ...], NoDecode] = ("docker", "bubblewrap", "landlock")
    timeout_s: float = Field(30.0, gt=0)
    memory_mb: int = Field(1024, gt=0)
    output_chars: int = Field(100_000, gt=0, le=5_000_000)
    artifacts: int = Field(50, ge=0)
    artifacts_mb: int = Field(32, gt=0)
    idle_s: float = Field(900.0, gt=0)
    warm: int = Field(1, ge=0, le=8)
    approval: ApprovalPolicy = "never"
    approval_timeout_s: float = Field(300.0, gt=0)
    image: str = "roundtable-sandbox"
    environment: Path | None = None
    dangerously_run_without_isolation: bool = False

    @field_validator("backends", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        return _split(value)


class StorageSettings(_Section):
    """`chroma_url` points at a Chroma server; without it Chroma runs embedded in the data folder."""

    chroma_url: str | None = None


class TracingSettings(_Section):
    """Where the trace of every run is sent: an OpenTelemetry collector, over HTTP.

    `headers` (as JSON in the environment) may hold its key. Only with `content` does anything that a person, a model or
    a document said leave this machine.
    """

    endpoint: str | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    content: bool = False


class OidcSettings(_Section):
    """The OpenID Connect provider at which people sign in.

    Only verified addresses in `domains` are let in, if there are any. `roles_claim` names the claim with a person's
    roles; without one, and for who has none of ours in it, it is `default_role`.
    """

    issuer: str
    client_id: str
    client_secret: SecretStr | None = None
    domains: tuple[str, ...] = ()
    roles_claim: str = ""
    default_role: Literal["reader", "editor", "admin"] = "reader"


class UISettings(_Section):
    """Where the web app listens, and who may use it.

    With `sign_in` on `auto` nobody signs in where only this machine can reach the app, and everybody does, with a
    password that is kept here (`local`), where others can; `oidc` asks the provider of `oidc`. A sign-in lasts
    `session_hours`.
    """

    host: str = "127.0.0.1"
    port: int = Field(7860, ge=0, le=65535)
    sign_in: Literal["auto", "none", "local", "oidc"] = "auto"
    session_hours: float = Field(24 * 7, gt=0)
    oidc: OidcSettings | None = None


class Settings(BaseSettings):
    """The whole tree. Order of precedence: command line, environment, `--config` file, what was saved, defaults.

    `llm` is the default model; `models` are further ones by name, each as `LLMSettings.inheriting` completes it.
    `model_table` is a file like `configs/models.yaml` that is asked before it.
    """

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    data_dir: Path | None = None
    kb: str = "default"
    team: str = "qa"
    llm: LLMSettings = LLMSettings()
    models: dict[str, LLMSettings] = {}
    model_table: Path | None = None
    embedding: EmbeddingSettings = EmbeddingSettings()
    parsing: ParsingSettings = ParsingSettings()
    fetch: FetchSettings = FetchSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    search: SearchSettings = SearchSettings()
    sandbox: SandboxSettings = SandboxSettings()
    storage: StorageSettings = StorageSettings()
    tracing: TracingSettings = TracingSettings()
    ui: UISettings = UISettings()
    _file: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @field_validator("models")
    @classmethod
    def _complete_models(cls, models: dict[str, LLMSettings], info: ValidationInfo) -> dict[str, LLMSettings]:
        for name, entry in models.items():
            if not _MODEL_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a model; lower-case letters, digits and single . _ - are")
            if "provider" in entry.model_fields_set and entry.provider == "extractive":
                raise ValueError(f"{name!r} has the provider extractive, which only the default model (llm) can have")
        default = info.data.get("llm", LLMSettings())
        return {name: entry.inheriting(default) for name, entry in models.items()}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment outranks the file, which `load_settings` passes as init values."""
        return (env_settings, init_settings)

    @property
    def home(self) -> Path:
        """The data directory in force."""
        if self.data_dir is not None:
            return self.data_dir.expanduser().absolute()
        from platformdirs import user_data_path

        return user_data_path("roundtable", appauthor=False)

    @property
    def fixed(self) -> Mapping[Name, Source]:
        """What saving cannot change, because the environment or the `--config` file holds it."""
        return fixed(environment=EnvSettingsSource(Settings)(), file=self._file)

    def with_saved(self, saved: Mapping[str, Any]) -> Settings:
        """The same data directory, environment and `--config` file with other saved settings. Raises ConfigError."""
        return _made(self._file, saved).model_copy(update={"data_dir": self.home})


def load_settings(config: Path | None = None, *, data_dir: Path | None = None) -> Settings:
    """Read file, environment and what was saved into a frozen tree. Raises ConfigError naming the first bad setting."""
    file = _read_file(config) if config is not None else {}
    _refuse_unknown_variables()
    settings = _made(file, {})
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    saved = read_saved(settings.home)
    return settings.with_saved(saved) if saved else settings


def _made(file: Mapping[str, Any], saved: Mapping[str, Any]) -> Settings:
    try:
        settings = Settings(**merged(saved, file))
    except SettingsError:
        raise ConfigError(
            "A section of settings in the environment is not valid JSON.",
            hint=f"Set its parts one by one, as {ENV_PREFIX}LLM__MODEL.",
        ) from None
    except ValidationError as error:
        raise ConfigError(_explain(error), hint="See `python main.py doctor` for what is set.") from None
    settings._file = file
    return settings


def model_cache() -> Path:
    """Where converted models are kept between runs, shared by all data directories of this user."""
    from platformdirs import user_cache_path

    return user_cache_path("roundtable", appauthor=False) / "models"


def child_environment() -> dict[str, str]:
    """The environment for our own worker processes: ours, without the application's secrets."""
    return {k: v for k, v in os.environ.items() if not k.startswith(ENV_PREFIX)}


def docker_environment() -> dict[str, str]:
    """What the client of a container engine reads of our environment: where its engine and its settings are."""
    names = ("HOME", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
    prefixes = ("DOCKER_", "CONTAINER_", "CONTAINERS_")
    return {k: v for k, v in os.environ.items() if k in names or k.startswith(prefixes)}


def bare_environment() -> dict[str, str]:
    """What a program of others needs of our environment to start: nothing that could hold a secret."""
    needed = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "TZ")
    return {name: os.environ[name] for name in needed if name in os.environ}


def docling_models() -> Path | None:
    """The folder of Docling's models that DOCLING_ARTIFACTS_PATH names, whether it exists or not."""
    named = os.environ.get("DOCLING_ARTIFACTS_PATH")
    return Path(named).expanduser() if named else None


def docling_cache() -> Path:
    """Where Docling keeps what it downloads: DOCLING_CACHE_DIR, else its default."""
    return Path(os.environ.get("DOCLING_CACHE_DIR") or Path.home() / ".cache" / "docling").expanduser()


def hub_cache() -> Path:
    """Where the model hub's client keeps snapshots (its own variables, else its default)."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{cache}/huggingface"
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(named)).expanduser()


def tiktoken_cache() -> Path | None:
    """Where tiktoken keeps vocabularies (its own variables, else its default); None when its cache is switched off."""
    default = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR", default))
    return Path(folder) if folder else None


def _refuse_unknown_variables() -> None:
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and not _is_setting(*name.removeprefix(ENV_PREFIX).lower().split("__")):
            allowed = sorted(_variables())
            raise ConfigError(
                f"The environment variable {name} is not a setting.",
                hint=f"Known settings: {', '.join(allowed)}.",
            )


def _is_setting(section: str, *leaves: str) -> bool:
    field = Settings.model_fields.get(section)
    if section == "models" and leaves:
        return len(leaves) == 2 and leaves[0] != "" and leaves[1] in LLMSettings.model_fields
    known = getattr(field.annotation, "model_fields", {}) if field is not None else {}
    return field is not None and (not leaves or (len(leaves) == 1 and leaves[0] in known))


def _variables() -> list[str]:
    names = [f"{ENV_PREFIX}MODELS__NAME__MODEL (and the like for every part of LLM)"]
    for section, field in Settings.model_fields.items():
        leaves = getattr(field.annotation, "model_fields", None)
        names += [f"{ENV_PREFIX}{section}__{leaf}".upper() for leaf in leaves or ()]
        if leaves is None and section != "models":
            names.append(f"{ENV_PREFIX}{section}".upper())
    return names


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"The config file {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The config file {path} is not UTF-8 text.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"The config file {path} is not valid YAML{where}.", hint="Check quotes and indents."
        ) from None
    if not isinstance(values, dict):
        raise ConfigError(f"The config file {path} must hold a mapping of settings.")
    return values


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    name = "__".join(str(part) for part in first["loc"] if not isinstance(part, int) and part != "[key]")
    came = "" if name.startswith(("llm", "models", "tracing", "ui__oidc")) else f" (got {first['input']!r})"
    return f"The setting {ENV_PREFIX}{name.upper()} is wrong: {first['msg'].removeprefix('Value error, ')}{came}."
