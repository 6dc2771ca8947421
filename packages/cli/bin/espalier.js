#!/usr/bin/env -S node --max-semi-space-size=64
// The young generation of 64 MB halves what garbage collection costs while events stream in: see bench/README.md.
import { main } from '../dist/main.js'

await main(process.argv.slice(2))
