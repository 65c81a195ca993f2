#!/usr/bin/env python3
"""Writes a tree of invented modules and questions to it: tune_shop.py FOLDER SPEC.json

Every module has a file that does the work and a package entry file, __init__.py, that names it in a
line. The questions want the entry files, which the built-in weights of the ranking put last: a
project with a taste of its own, for tests of `sg tune rank`.
"""
import json
import pathlib
import sys

TOPICS = """billing shipping returns coupons invoices refunds wishlists baskets checkout payments
accounts addresses reviews ratings search catalogue stock suppliers orders discounts loyalty vouchers
newsletters reports analytics exports imports backups sessions tokens roles permissions audits
notifications templates translations currencies taxes warehouses couriers tracking labels barcodes
images thumbnails banners campaigns surveys feedback tickets chats bookings calendars reminders
subscriptions renewals licences downloads quotas limits""".split()


def main():
    root, spec = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    queries = []
    for topic in TOPICS:
        folder = root / topic
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(
            f'"""Entry of {topic}."""\n\n\ndef open_{topic}():\n    return "{topic}"\n')
        (folder / f"{topic}.py").write_text(
            f"class {topic.title()}Store:\n"
            f"    def load_{topic}(self, key):\n"
            f"        return self.rows[key]  # {topic}\n\n"
            f"    def save_{topic}(self, key, row):\n"
            f"        self.rows[key] = row  # {topic}\n")
        queries.append({"query": f"how is {topic} done", "relevant": [f"{topic}/__init__.py"]})
    spec.write_text(json.dumps(
        {"version": 1, "name": "questions", "corpus": root.name, "queries": queries}, indent=1))


if __name__ == "__main__":
    main()
