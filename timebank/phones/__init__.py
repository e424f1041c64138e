"""The site on a telephone: installed without any store, with a page for where there is no
connection, hours that are logged there and sent once when it is back, and notices on the device.

Nothing private is kept on a device but the hours that wait to be sent, which are gone with signing
out. Without a script everything but this works as before.
"""
