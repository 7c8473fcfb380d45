// wx.connectSocket for tests in Node: the handshake with its headers, and what a phone tells about its end.
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'

/** Gives `phone` a `wx.connectSocket`. */
export function withSockets(phone) {
  phone.wx.connectSocket = ({ url, header, fail }) => {
    const listeners = { open: [], error: [], close: [] }
    const tell = (event, detail) => setTimeout(() => listeners[event].forEach(listener => listener(detail)))
    let socket = null
    phone.steps.push(`connectSocket ${new URL(url).pathname}`)
    const handshake = request(url.replace(/^ws/, 'http'), {
      headers: {
        ...header,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64')
      }
    })
    handshake.on('upgrade', (_, opened) => {
      socket = opened
      tell('open', {})
    })
    // A phone does not tell the status of a handshake that failed.
    handshake.on('response', answer => {
      answer.resume()
      tell('error', { errMsg: 'Invalid HTTP status' })
    })
    handshake.on('error', () => tell('error', { errMsg: 'connection refused' }))
    handshake.end()
    if (!/^wss?:/.test(url) && fail) fail({ errMsg: 'connectSocket:fail url should be started with wss' })
    return {
      onOpen: listener => listeners.open.push(listener),
      onError: listener => listeners.error.push(listener),
      onClose: listener => listeners.close.push(listener),
      close() {
        handshake.destroy()
        if (socket) socket.destroy()
        tell('close', {})
      }
    }
  }
  return phone
}
