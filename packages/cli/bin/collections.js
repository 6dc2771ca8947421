// How V8 collects what the server no longer needs. Imported before anything else: no other thread may be running yet.
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'

// The young generation of 64 MB (an option of node's, at the top of espalier.js) is for the thread that answers. One of that size in a
// thread that helps it now and then is given back once the thread is idle, 150 MB in small pieces; while that goes on, for 20 to
// 100 ms, no thread of the process gets on.
setFlagsFromString('--max-semi-space-size=0')

// While less is free than the young generation may hold, the whole heap is marked again and again, beside the requests: it may
// grow to three times what lives before that.
setFlagsFromString('--heap-growing-percent=200')

// Where cores are few the helpers of a collection wait for a turn on them, and the server for its helpers.
if (availableParallelism() <= 2) setFlagsFromString('--no-parallel-scavenge')

// Every hundred seconds, however busy, V8 collects everything to give memory back, and begins anew with a small young generation:
// decisions wait for up to 200 ms meanwhile. Once in ten minutes is enough.
setFlagsFromString('--gc-memory-reducer-start-delay-ms=600000')
