"""What gunicorn runs."""

from server import create_app
from server.foundation.database import db
from server.starting import check_accounts

app = create_app()
with app.app_context():
    check_accounts(app.config["SETTINGS"], db.engine)
    db.engine.dispose()  # gunicorn forks after this; no connection may be shared
