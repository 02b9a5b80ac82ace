// Signs the request on stdin (see ../src/peers.rs) over and over by npm oauth-1.0a; prints nanoseconds of CPU time and the header as JSON.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import OAuth from 'oauth-1.0a'

const asked = JSON.parse(readFileSync(0, 'utf8'))
const [[key, secret], [tokenKey, tokenSecret]] = [asked.client, asked.token]
const oauth = new OAuth({
  consumer: { key, secret },
  signature_method: 'HMAC-SHA1',
  hash_function: (text, hmacKey) => createHmac('sha1', hmacKey).update(text).digest('base64'),
})
oauth.getNonce = () => asked.nonce
oauth.getTimeStamp = () => Number(asked.timestamp)

const sign = () => {
  const data = Object.fromEntries(new URLSearchParams(asked.body))
  const signed = oauth.authorize({ url: asked.url, method: asked.method, data }, { key: tokenKey, secret: tokenSecret })
  return oauth.toHeader(signed).Authorization
}

const turns = []
for (let warm = 0; warm < 2000; warm += 1) sign()
for (let turn = 0; turn < 21; turn += 1) {
  const began = process.cpuUsage()
  for (let time = 0; time < 500; time += 1) sign()
  const { user, system } = process.cpuUsage(began)
  turns.push(((user + system) * 1000) / 500)
}
turns.sort((a, b) => a - b)
console.log(JSON.stringify({ ns: turns[10], header: sign() }))
