const { createWeappLogin } = require('weapp-login-client')
const settings = require('./settings.js')

// One for the whole mini program: calls from any page then share one login.
module.exports = createWeappLogin({ baseUrl: settings.baseUrl })
