// Preloaded into a process: says at its end how many files of JavaScript it has loaded.
import { createRequire, register } from 'node:module'
import { MessageChannel } from 'node:worker_threads'

const { port1, port2 } = new MessageChannel()
const loaded = new Set()
port1.on('message', (url) => loaded.add(url))
port1.unref()
const hooks = `
let port
export const initialize = (data) => { port = data.port }
export const load = (url, context, next) => {
  if (url.startsWith('file:')) port.postMessage(url)
  return next(url, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: { port: port2 },
  transferList: [port2],
})

process.on('exit', () => {
  const commonJs = Object.keys(createRequire(import.meta.url).cache)
  for (const path of commonJs) loaded.add(`file://${path}`)
  console.error(`modules: ${loaded.size}`)
})
