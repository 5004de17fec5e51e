#!/usr/bin/env node
import "../dist/lacre.js";
