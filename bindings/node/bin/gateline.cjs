#!/usr/bin/env node
"use strict";
process.exitCode = require("../lib/native.cjs").main(["gateline", ...process.argv.slice(2)]);
