"""
Who may call what: one line for each path that the pod serves, held against the real answers by ``test_access_table``.

A line is a path (below ``/api/v1/`` where it begins without a slash; as the route is written in the code), and for
each of its methods (``PUT,PATCH`` for several alike) what the caller needs:

``public``      nothing: a visitor is never told 401 or 403
``open:X``      the scope ``read:X`` or ``write:X``, by method; visitors of an open pod may read
``visit:X``     the same, and visitors of an open pod may do it whatever the method
``guest``       an account, whatever the scopes; visitors of an open pod, too
``scope:X``     the scope, always; of a leaf that tokens never carry, a session (``instance:…``: with the permission)
``user``        an account, whatever the scopes
``person``      an account by its session or password: no program's token will do
``keeper:X``    a session with the scope; every other account is told 403
``word``        what the request itself carries (a secret, a cookie, a signature); the area's own tests hold it

A ``?`` behind it: whoever has the right may still be told 403 for another reason (an object of somebody else's).
``users/users/…`` is the same as ``users/…`` and has no lines of its own.  A new route needs its line here: the test
names those that have none, and lines of routes that are gone.
"""

# Faces that ask in a way of their own (Subsonic: a name and a token with every call), held by their own tests.
OTHER_WAYS = ("/rest", "//rest", "/api/subsonic")

ACCESS = """
activity/                                   GET open:listenings
albums/                                     GET open:libraries  POST scope:libraries
albums/<int:id>/                            GET open:libraries  DELETE scope:libraries
albums/<int:id>/fetches/                    GET,POST user
albums/<int:id>/libraries/                  GET open:libraries
albums/<int:id>/mutations/                  GET open:edits  POST scope:edits
artists/                                    GET open:libraries
artists/<int:id>/                           GET open:libraries
artists/<int:id>/fetches/                   GET,POST user
artists/<int:id>/libraries/                 GET open:libraries
artists/<int:id>/mutations/                 GET open:edits  POST scope:edits
attachments/                                POST scope:libraries
attachments/<uuid:uuid>/                    GET open:libraries  DELETE scope:libraries
attachments/<uuid:uuid>/proxy/              GET public
auth/password/change/                       POST user
auth/password/reset/                        POST public
auth/password/reset/confirm/                POST public
auth/registration/                          POST public?
auth/registration/change-password/          POST user
auth/registration/resend-email/             POST public
auth/registration/verify-email/             POST public
auth/user/                                  GET,PUT,PATCH user
channels/                                   GET open:libraries  POST scope:libraries
channels/<name>/                            GET open:libraries  PUT,PATCH,DELETE scope:libraries
channels/<name>/rss/                        GET open:libraries
channels/<name>/subscribe/                  POST user
channels/<name>/unsubscribe/                POST,DELETE user
channels/metadata-choices/                  GET public
channels/rss-subscribe/                     POST scope:libraries
favorites/tracks/                           GET open:favorites  POST scope:favorites
favorites/tracks/<int:id>/                  DELETE scope:favorites
favorites/tracks/all/                       GET scope:favorites
favorites/tracks/remove/                    POST,DELETE scope:favorites
federation/actors/<handle>/                 GET word
federation/actors/<handle>/libraries/       GET word
federation/domains/                         GET word
federation/domains/<name>/                  GET word
federation/fetches/                         POST user
federation/fetches/<int:id>/                GET user
federation/follows/library/                 GET,POST scope:follows
federation/follows/library/<uuid:uuid>/     GET,DELETE scope:follows
federation/follows/library/<uuid:uuid>/accept/ POST scope:follows
federation/follows/library/<uuid:uuid>/reject/ POST scope:follows
federation/follows/library/all/             GET scope:follows
federation/follows/user/                    GET,POST scope:follows
federation/follows/user/<uuid:uuid>/        GET,DELETE scope:follows
federation/follows/user/<uuid:uuid>/accept/ POST scope:follows
federation/follows/user/<uuid:uuid>/reject/ POST scope:follows
federation/follows/user/all/                GET scope:follows
federation/follows/user/received/           GET scope:follows
federation/inbox/                           GET scope:notifications
federation/inbox/<int:id>/                  GET,PUT,PATCH scope:notifications
federation/inbox/action/                    POST scope:notifications
federation/libraries/<uuid:uuid>/           GET scope:libraries
federation/libraries/<uuid:uuid>/scan/      POST scope:libraries
federation/libraries/fetch/                 POST scope:libraries
history/listenings/                         GET open:listenings  POST scope:listenings
history/listenings/<int:id>/                GET open:listenings
instance/admin/settings/                    GET scope:instance:settings
instance/admin/settings/<identifier>/       GET,PUT,PATCH scope:instance:settings
instance/admin/settings/bulk/               POST scope:instance:settings
instance/nodeinfo/2.0/                      GET public
instance/settings/                          GET public
instance/spa-manifest.json                  GET public
libraries/                                  GET open:libraries  POST scope:libraries
libraries/<uuid:uuid>/                      GET open:libraries  PUT,PATCH,DELETE scope:libraries
libraries/<uuid:uuid>/follows/              GET scope:libraries
libraries/fs-import/                        GET,POST,DELETE keeper:instance:libraries
licenses/                                   GET open:libraries
licenses/<path:code>                        GET open:libraries
listen/<uuid:track>/                        GET open:libraries
manage/accounts/                            GET scope:instance:accounts
manage/accounts/<handle>/                   GET scope:instance:accounts
manage/accounts/<handle>/stats/             GET scope:instance:accounts
manage/accounts/action/                     POST scope:instance:accounts
manage/channels/                            GET scope:instance:libraries
manage/channels/<name>/                     GET,DELETE scope:instance:libraries
manage/channels/<name>/stats/               GET scope:instance:libraries
manage/federation/domains/                  GET,POST scope:instance:domains
manage/federation/domains/<name>/           GET,PUT,PATCH scope:instance:domains
manage/federation/domains/<name>/nodeinfo/  GET scope:instance:domains
manage/federation/domains/<name>/stats/     GET scope:instance:domains
manage/federation/domains/action/           POST scope:instance:domains
manage/library/albums/                      GET scope:instance:libraries
manage/library/albums/<int:id>/             GET,DELETE scope:instance:libraries
manage/library/albums/<int:id>/stats/       GET scope:instance:libraries
manage/library/albums/action/               POST scope:instance:libraries
manage/library/artists/                     GET scope:instance:libraries
manage/library/artists/<int:id>/            GET,DELETE scope:instance:libraries
manage/library/artists/<int:id>/stats/      GET scope:instance:libraries
manage/library/artists/action/              POST scope:instance:libraries
manage/library/libraries/                   GET scope:instance:libraries
manage/library/libraries/<uuid:uuid>/       GET,PUT,PATCH,DELETE scope:instance:libraries
manage/library/libraries/<uuid:uuid>/stats/ GET scope:instance:libraries
manage/library/libraries/action/            POST scope:instance:libraries
manage/library/tracks/                      GET scope:instance:libraries
manage/library/tracks/<int:id>/             GET,DELETE scope:instance:libraries
manage/library/tracks/<int:id>/stats/       GET scope:instance:libraries
manage/library/tracks/action/               POST scope:instance:libraries
manage/library/uploads/                     GET scope:instance:libraries
manage/library/uploads/<uuid:uuid>/         GET,DELETE scope:instance:libraries
manage/library/uploads/action/              POST scope:instance:libraries
manage/moderation/instance-policies/        GET,POST scope:instance:policies
manage/moderation/instance-policies/<int:id>/ GET,PUT,PATCH,DELETE scope:instance:policies
manage/moderation/notes/                    GET,POST scope:instance:notes
manage/moderation/notes/<uuid:uuid>/        GET,DELETE scope:instance:notes
manage/moderation/reports/                  GET scope:instance:reports
manage/moderation/reports/<uuid:uuid>/      GET,PUT,PATCH scope:instance:reports
manage/moderation/requests/                 GET scope:instance:requests
manage/moderation/requests/<uuid:uuid>/     GET,PUT,PATCH scope:instance:requests
manage/tags/                                GET,POST scope:instance:libraries
manage/tags/<name>/                         GET,DELETE scope:instance:libraries
manage/tags/action/                         POST scope:instance:libraries
manage/uploads/<uuid:uuid>/                 GET,DELETE scope:instance:libraries
manage/users/invitations/                   GET,POST scope:instance:invitations
manage/users/invitations/<int:id>/          GET,PUT,PATCH scope:instance:invitations
manage/users/invitations/action/            POST scope:instance:invitations
manage/users/users/                         GET scope:instance:users
manage/users/users/<int:id>/                GET,PUT,PATCH scope:instance:users
moderation/blocks/                          GET,POST scope:filters
moderation/blocks/<uuid:uuid>/              GET,DELETE scope:filters
moderation/content-filters/                 GET,POST scope:filters
moderation/content-filters/<uuid:uuid>/     GET,DELETE scope:filters
moderation/reports/                         POST visit:reports
mutations/                                  GET user
mutations/<uuid:uuid>/                      GET user  DELETE scope:edits
mutations/<uuid:uuid>/approve/              POST scope:edits
mutations/<uuid:uuid>/reject/               POST scope:edits
oauth/apps/                                 GET scope:security  POST public
oauth/apps/<client_id>/                     GET public  PUT,PATCH,DELETE scope:security
oauth/apps/<client_id>/refresh-token/       POST scope:security
oauth/authorize/                            GET user  POST person
oauth/grants/                               GET scope:security
oauth/grants/<client_id>/                   GET,DELETE scope:security
oauth/revoke/                               POST word
oauth/token/                                POST word
oembed/                                     GET open:libraries
playlists/                                  GET open:playlists  POST scope:playlists
playlists/<int:id>/                         GET open:playlists  PUT,PATCH,DELETE scope:playlists
playlists/<int:id>/add/                     POST scope:playlists
playlists/<int:id>/clear/                   POST,DELETE scope:playlists
playlists/<int:id>/move/                    POST scope:playlists
playlists/<int:id>/remove/                  POST,DELETE scope:playlists
playlists/<int:id>/tracks/                  GET open:playlists
plugins/                                    GET scope:plugins
plugins/<name>/                             GET,POST,DELETE scope:plugins
plugins/<name>/disable/                     POST scope:plugins
plugins/<name>/enable/                      POST scope:plugins
plugins/<name>/scan/                        POST scope:plugins
radios/radios/                              GET open:radios  POST scope:radios
radios/radios/<int:id>/                     GET open:radios  PUT,PATCH,DELETE scope:radios
radios/radios/<int:id>/tracks/              GET open:radios
radios/radios/filters/                      GET open:radios
radios/radios/validate/                     POST scope:radios
radios/sessions/                            POST word
radios/sessions/<int:id>/                   GET word
radios/tracks/                              POST word
rate-limit/                                 GET public
schema/                                     GET public
schema/page/                                GET public
search/                                     GET open:libraries
setup/                                      POST word
stream/<name>/                              GET open:libraries
subscriptions/                              GET scope:libraries
subscriptions/<uuid:uuid>/                  GET scope:libraries
subscriptions/all/                          GET scope:libraries
subsonic/keys/                              GET,POST scope:security
subsonic/keys/<int:id>/                     DELETE scope:security
tags/                                       GET open:libraries
tags/<name>/                                GET open:libraries
text-preview/                               POST public
tracks/                                     GET open:libraries
tracks/<int:id>/                            GET open:libraries  DELETE scope:libraries
tracks/<int:id>/fetches/                    GET,POST user
tracks/<int:id>/libraries/                  GET open:libraries
tracks/<int:id>/mutations/                  GET open:edits  POST scope:edits
uploads/                                    GET,POST scope:libraries
uploads/<uuid:uuid>/                        GET open:libraries  PUT,PATCH,DELETE scope:libraries
uploads/<uuid:uuid>/audio-file-metadata/    GET scope:libraries
uploads/action/                             POST scope:libraries
users/<username>/                           PUT,PATCH scope:profile
users/<username>/subsonic-token/            GET,POST,DELETE scope:security
users/change-email/                         POST scope:security
users/login/                                POST public
users/logout/                               POST public
users/me/                                   GET,DELETE scope:profile
users/settings/                             POST scope:profile
/.well-known/host-meta                      GET public
/.well-known/host-meta.json                 GET public
/.well-known/nodeinfo                       GET public
/.well-known/webfinger                      GET public
/api/v2/instance/nodeinfo/2.1/              GET public
/api/v2/radios/sessions/                    POST word
/api/v2/radios/sessions/<int:id>/           GET word
/api/v2/radios/sessions/<int:id>/tracks/    GET word
/federation/actors/<string:username>        GET public
/federation/actors/<string:username>/followers GET public
/federation/actors/<string:username>/following GET public
/federation/actors/<string:username>/outbox GET public
/federation/actors/<string:username>/inbox POST word
/federation/index/channels                  GET public
/federation/index/libraries                 GET public
/federation/music/albums/<uuid:uuid>        GET public
/federation/music/artistcredit/<uuid:uuid>  GET public
/federation/music/artists/<uuid:uuid>       GET public
/federation/music/libraries/<uuid:uuid>     GET public
/federation/music/libraries/<uuid:uuid>/followers GET public
/federation/music/likes/<uuid:uuid>         GET public
/federation/music/listenings/<uuid:uuid>    GET public
/federation/music/tracks/<uuid:uuid>        GET public
/federation/music/uploads/<uuid:uuid>       GET public
/federation/music/uploads/<uuid:uuid>/activity GET public
/federation/music/uploads/<uuid:uuid>/likes GET public
/federation/music/uploads/<uuid:uuid>/note  GET public
/federation/music/uploads/<uuid:uuid>/shares GET public
/federation/reports/<uuid:uuid>             GET public
/federation/shared/inbox                    POST word
/health/live                                GET public
/health/ready                               GET public
/media/<path:name>                          GET public
/ns/                                        GET public
/share/<secret>/                            GET word
/share/<secret>/<int:place>/                GET word
"""
