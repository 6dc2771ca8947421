#!/usr/bin/env -S node --max-semi-space-size=64
// A young generation of 64 MB is collected less often while events stream in.
import './collections.js'
import { main } from '../dist/main.js'

await main(process.argv.slice(2))
