const { createWeappLogin } = require('weapp-login-client')
const settings = require('./settings.js')

// One for the whole mini program: calls from any page then share one login. The token may also go to where avatars are.
module.exports = createWeappLogin({
  baseUrl: settings.baseUrl,
  tokenOrigins: settings.avatarUploadUrl === '' ? [] : [settings.avatarUploadUrl]
})
