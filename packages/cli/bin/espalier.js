#!/usr/bin/env -S node --max-semi-space-size=64
// A young generation of 64 MB is collected less often while events stream in.
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { main } from '../dist/main.js'

// While less is free than the young generation may hold, the whole heap is marked again and again, beside the requests: it may
// grow to three times what lives before that.
setFlagsFromString('--heap-growing-percent=200')

// Where cores are few the helpers of a collection wait for a turn on them, and the server for its helpers.
if (availableParallelism() <= 2) setFlagsFromString('--no-parallel-scavenge')

await main(process.argv.slice(2))
