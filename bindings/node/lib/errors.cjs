"use strict";

/** Something cannot be used. `errors` holds all that is wrong. */
class GatelineError extends Error {
  constructor(errors) {
    super(errors.map(line).join("\n"));
    this.name = new.target.name;
    this.errors = errors;
  }
}

class LoadError extends GatelineError {}
class RequestError extends GatelineError {}
class SuiteError extends GatelineError {}

/** A request does not go where it was expected to go; the message says what became of it, and why. */
class ExpectationError extends Error {
  constructor(message) {
    super(message);
    this.name = "ExpectationError";
    this.code = "ERR_ASSERTION";
  }
}

function line({ message, help, file, line, column }) {
  const place = file === null ? "" : `${file}:${line}:${column}: `;
  return `${place}${message}${help === null ? "" : `; ${help}`}`;
}

const classes = { LoadError, RequestError, SuiteError };

/** Calls the native part, whose errors are JSON. */
function call(work) {
  try {
    return work();
  } catch (error) {
    throw revived(error);
  }
}

function revived(error) {
  if (!(error instanceof Error) || !error.message.startsWith('{"class":')) return error;
  const { class: name, errors } = JSON.parse(error.message);
  const flat = ({ place, message, help }) => ({
    message,
    help,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  });
  return new classes[name](errors.map(flat));
}

module.exports = { ...classes, GatelineError, ExpectationError, call };
