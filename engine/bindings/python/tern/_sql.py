"""What PEP 249 connections must know of a statement's text before it runs."""

import re

# Blanks, comments and byte order marks, as SQLite skips them; a comment need not end.
_SKIPPED = r"\s|\ufeff|--[^\n]*(?:\n|\Z)|(?>/\*.*?(?:\*/|\Z))"
_FIRST_WORD = re.compile(rf"(?:;|{_SKIPPED})*(\w*)", re.DOTALL)
_BLANK = re.compile(rf"(?:;|{_SKIPPED})*\Z", re.DOTALL)

# A text, a quoted name, a comment, or a semicolon.
_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)|;""", re.DOTALL)

# These answer what the connection, and not the database, knows.
_OF_CONNECTION = re.compile(
    r"\b(?:last_insert_rowid|changes|total_changes)\s*\(|\bsqlite_temp|\btemp\s*\.", re.IGNORECASE
)
_TEMPORARY = re.compile(r"\btemp(?:orary)?\b", re.IGNORECASE)
_PRAGMA = re.compile(r"""\bpragma\s+(?:["`\[]?\w+["`\]]?\s*\.\s*)?["`\[]?(\w+)""", re.IGNORECASE)

# Pragmas after which a read has the answer that it had before.
_HARMLESS_PRAGMAS = frozenset("""
    analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill collation_list
    compile_options data_version database_list defer_foreign_keys foreign_key_check foreign_key_list foreign_keys
    freelist_count function_list ignore_check_constraints incremental_vacuum index_info index_list index_xinfo
    integrity_check journal_mode module_list optimize page_count page_size pragma_list quick_check recursive_triggers
    schema_version secure_delete synchronous table_info table_list table_xinfo temp_store user_version wal_checkpoint
""".split())


def first_word(sql):
    """The first keyword in upper case, behind blanks and comments; "" if there is none."""
    return _FIRST_WORD.match(sql).group(1).upper()


def is_blank(sql):
    """Whether there is no statement in it."""
    return _BLANK.match(sql) is not None


def without_blank_tail(sql):
    """The text up to its first semicolon, if nothing but blanks and comments follows; otherwise all of it."""
    for token in _TOKEN.finditer(sql):
        if token.group() == ";":
            return sql[: token.end()] if is_blank(sql[token.end() :]) else sql
    return sql


def is_of_connection(sql):
    """Whether a read asks for something that lives in the connection."""
    return _OF_CONNECTION.search(sql) is not None


def changes_what_reads_see(sql):
    """Whether a statement or script may make reads of its connection differ from those of others: ATTACH, temporary
    objects, some pragmas. True too often is harmless."""
    if re.search(r"\b(?:attach|detach)\b", sql, re.IGNORECASE) or _TEMPORARY.search(sql):
        return True
    return any(name.lower() not in _HARMLESS_PRAGMAS for name in _PRAGMA.findall(sql))
